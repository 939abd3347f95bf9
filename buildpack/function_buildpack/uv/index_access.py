"""Prepares uv's access to package indexes: variables, credentials, certificates.

Files are in a temporary folder, never in a layer.
"""

import shlex
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from function_buildpack.log import redaction
from function_buildpack.source.bindings import Bindings
from function_buildpack.uv import index_settings, named_indexes
from function_buildpack.uv.index_settings import PackageSource
from function_buildpack.uv.named_indexes import Credentials

_GIT_CREDENTIALS = Path(__file__).with_name("git_credentials.py")
_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# The variables for certificates: of uv, of git, and of other programs that a build may run.
_TRUST = ("SSL_CERT_FILE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE")

_STORE, _FIND_LINKS = "UV_CREDENTIALS_DIR", "UV_FIND_LINKS"

# If an index hangs, the build fails after three times 30 seconds and uv's pauses.
_BOUNDS = {"UV_HTTP_TIMEOUT": "30", "UV_HTTP_RETRIES": "2"}


@dataclass(frozen=True)
class IndexAccess:
    """uv's environment, the source of packages, secrets for redaction, and ignored settings.

    `indexes` are the project's indexes, name → URL.
    """

    environ: Mapping[str, str]
    source: PackageSource = field(default_factory=PackageSource)
    secrets: frozenset[str] = frozenset()
    unused: tuple[str, ...] = ()
    indexes: Mapping[str, str] = field(default_factory=dict)
    # Variables with credentials for an unknown index.
    unmatched: tuple[str, ...] = ()


@contextmanager
def prepared(
    environ: Mapping[str, str],
    bindings: Bindings,
    indexes: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[IndexAccess]:
    """Yield the access to the default index and to the project's `indexes`, name → URL.

    The platform's variables take precedence over those of bindings. Paths in them are relative to
    the project's folder.
    """
    # An empty value means unset.
    given = {name: value for name, value in environ.items() if value}
    given = {**bindings.uv_environ, **given}
    settings = index_settings.translate(given, bindings.pip)
    indexes = indexes or {}
    found = named_indexes.credentials(indexes, given)
    merged = {**_BOUNDS, **given, **settings.environ}
    merged |= _links(merged, folder or Path())
    with TemporaryDirectory(prefix="private-") as private:
        if bindings.netrc:
            merged |= {"NETRC": str(bindings.netrc)} | _git(merged, bindings.netrc)
        merged |= _trust(merged, bindings.certificates, Path(private))
        merged |= _configuration(merged, bindings.uv_toml, Path(private))
        merged |= _credentials(merged, found.credentials, Path(private))
        secrets = redaction.secrets(
            {**merged, "pip.conf": " ".join(bindings.pip.values()), "uv.toml": bindings.uv_toml},
            bindings.passwords | found.tokens | _referenced(indexes, merged),
        )
        yield IndexAccess(
            environ=merged,
            source=PackageSource("PIP_NO_INDEX" if settings.no_index else ""),
            secrets=secrets,
            unused=settings.unused,
            indexes=indexes,
            unmatched=found.unused,
        )


def _links(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Make the paths of UV_FIND_LINKS absolute: uv installs the runtime in another folder."""
    places = [place for place in environ.get(_FIND_LINKS, "").split(",") if place]
    paths = [place if "://" in place else str(folder / place) for place in places]
    return {_FIND_LINKS: ",".join(paths)} if paths else {}


def _git(environ: Mapping[str, str], credentials: Path) -> dict[str, str]:
    """Add a credential helper for a netrc to git's configuration.

    By variables (git-config(1), GIT_CONFIG_COUNT).
    """
    count = int(environ.get("GIT_CONFIG_COUNT", 0))
    helper = shlex.join([sys.executable, "-I", str(_GIT_CREDENTIALS), str(credentials)])
    return {
        "GIT_CONFIG_COUNT": str(count + 1),
        f"GIT_CONFIG_KEY_{count}": "credential.helper",
        f"GIT_CONFIG_VALUE_{count}": f"!{helper}",
    }


def _trust(environ: Mapping[str, str], extra: tuple[str, ...], folder: Path) -> dict[str, str]:
    """Trust the bindings' certificates in addition to the default ones."""
    if not extra:
        return {}
    trusted = Path(environ.get("SSL_CERT_FILE", _SYSTEM_CERTIFICATES))
    present = trusted.read_text(encoding="utf-8") if trusted.is_file() else ""
    bundle = folder / "ca-certificates.crt"
    bundle.write_text("\n".join((present, *extra, "")), encoding="utf-8")
    return dict.fromkeys(_TRUST, str(bundle))


def _configuration(environ: Mapping[str, str], uv_toml: str, folder: Path) -> dict[str, str]:
    """Install the binding's uv.toml as the system's. The function's own takes precedence."""
    if not uv_toml:
        return {}
    path = folder / "uv" / "uv.toml"
    path.parent.mkdir()
    path.write_text(uv_toml, encoding="utf-8")
    others = [environ[name] for name in ("XDG_CONFIG_DIRS",) if name in environ]
    return {"XDG_CONFIG_DIRS": ":".join((str(folder), *others))}


def _credentials(
    environ: Mapping[str, str], found: Collection[Credentials], folder: Path
) -> dict[str, str]:
    """Write the credentials for named indexes into uv's credential store, by address.

    uv's own variables have them by name, but only for the indexes in uv's configuration.
    """
    if not found or _STORE in environ:
        return {}
    store = folder / "credentials"
    store.mkdir()
    path = store / "credentials.toml"
    path.touch(mode=0o600)
    path.write_text(named_indexes.store(found), encoding="utf-8")
    return {_STORE: str(store)}


def _referenced(indexes: Mapping[str, str], environ: Mapping[str, str]) -> frozenset[str]:
    """Return the values of variables for credentials in the addresses of indexes."""
    named = [name for url in indexes.values() for name in named_indexes.references(url)]
    return frozenset(environ[name] for name in named if name in environ)
