"""Downloads one pinned wheel from a package index, with the standard library alone.

Needed only where the build image has neither uv nor pip. The index is a "simple" one (PEP 503).
"""

import base64
import hashlib
import netrc
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from function_buildpack.log.errors import BuildpackError
from function_buildpack.log.errors.indexes import (
    IndexFailing,
    IndexRefused,
    IndexTooSlow,
    IndexUnreachable,
    IndexUntrusted,
)
from function_buildpack.log.errors.tools import DownloadDamaged

_PYPI = "https://pypi.org/simple/"
_REFUSED = (401, 403)
_SERVER_FAILS = 500


@dataclass(frozen=True)
class Wheel:
    """A wheel: its distribution, its file's name and the file's SHA-256."""

    distribution: str
    file: str
    sha256: str


def download(wheel: Wheel, environ: Mapping[str, str], folder: Path) -> Path:
    """Download a wheel into a folder, from the index in uv's variables.

    :raises BuildpackError: the index fails, or its file has another hash.
    """
    index = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL") or _PYPI
    page = f"{index.rstrip('/')}/{wheel.distribution}/"
    links = _Links()
    links.feed(_get(page, environ).decode())
    found = [
        link for link in links.found if unquote(urlsplit(link).path).endswith(f"/{wheel.file}")
    ]
    found = found or [link for link in links.found if urlsplit(link).path == wheel.file]
    if not found:
        raise IndexUnreachable(f"error: {page} does not have {wheel.file}")
    content = _get(_with_credentials_of(page, urljoin(page, found[0])), environ)
    digest = hashlib.sha256(content).hexdigest()
    if digest != wheel.sha256:
        raise DownloadDamaged(wheel.file, wheel.sha256, digest)
    path = folder / wheel.file
    path.write_bytes(content)
    return path


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the targets of the page's links."""
        self.found += [value for name, value in attrs if (tag, name) == ("a", "href") and value]


def _with_credentials_of(page: str, link: str) -> str:
    """Add the page's credentials to a link to the same host."""
    own, other = urlsplit(page), urlsplit(link)
    host = own.netloc.rpartition("@")[2]
    return urlunsplit(other._replace(netloc=own.netloc)) if other.netloc == host else link


def _get(url: str, environ: Mapping[str, str]) -> bytes:
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    credentials = _credentials(url, environ)
    request = Request(bare, headers={"Accept": "text/html"})  # noqa: S310 -- the platform's own
    if credentials:
        basic = base64.b64encode(credentials.encode()).decode()
        # A redirection may lead to another host, which must not get the credentials.
        request.add_unredirected_header("Authorization", f"Basic {basic}")
    trusted = ssl.create_default_context(cafile=environ.get("SSL_CERT_FILE"))
    try:
        with urlopen(  # noqa: S310 -- as above
            request, timeout=float(environ["UV_HTTP_TIMEOUT"]), context=trusted
        ) as answer:
            content: bytes = answer.read()
            return content
    except OSError as error:  # a base class of URLError and TimeoutError
        raise failure(error)(f"error: {bare}: {error}") from error


def _credentials(url: str, environ: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    if parts.username is not None:
        return f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    if "NETRC" not in environ:
        return ""
    known = netrc.netrc(environ["NETRC"]).authenticators(parts.hostname or "")
    return f"{known[0]}:{known[2]}" if known else ""


def failure(error: OSError) -> type[BuildpackError]:
    """Return the BuildpackError for an error of urllib."""
    if isinstance(error, HTTPError) and error.code in _REFUSED:
        return IndexRefused
    if isinstance(error, HTTPError) and error.code >= _SERVER_FAILS:
        return IndexFailing
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return IndexUntrusted
    return IndexTooSlow if isinstance(cause, TimeoutError) else IndexUnreachable
