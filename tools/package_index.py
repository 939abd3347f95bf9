"""A package index on this machine, for tests and measurements, and wheels to put into it.

The simple repository API (PEP 503), with the metadata of each wheel in a file of its own
(PEP 658) as the public index has it; over HTTP, without a password.
"""

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

_WHEEL, _METADATA = ".whl", ".metadata"


class PackageIndex(ThreadingHTTPServer):
    """Serves a folder of wheels and source distributions; `fetched` has the files downloaded."""

    daemon_threads = True

    def __init__(self, packages: Path, host: str) -> None:
        self.packages = packages
        self.fetched: set[str] = set()
        super().__init__((host, 0), _Handler)

    @property
    def host(self) -> str:
        """Return the address without a path: for a proxy's variable, too."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    @property
    def url(self) -> str:
        """Return the address for UV_DEFAULT_INDEX."""
        return f"{self.host}/simple/"


@contextmanager
def serving(packages: Path, host: str = "127.0.0.1") -> Iterator[PackageIndex]:
    """Serve a folder for as long as the `with` lasts. Clients may use the index as a proxy."""
    with PackageIndex(packages, host) as index:
        thread = Thread(target=index.serve_forever, daemon=True)
        thread.start()
        try:
            yield index
        finally:
            index.shutdown()
            thread.join()


def write_wheel(
    folder: Path,
    package: str,
    files: Mapping[str, str | bytes],
    version: str = "1.0",
    tag: str = "py3-none-any",
) -> Path:
    """Write a wheel with some files: the same bytes at each call. Return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package}-{version}-{tag}{_WHEEL}"
    information = f"{package}-{version}.dist-info"
    contents: dict[str, str | bytes] = {
        **files,
        f"{information}/METADATA": (
            f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: {version}\n"
        ),
        f"{information}/WHEEL": (
            f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n"
        ),
    }
    record = f"{information}/RECORD"
    contents[record] = "".join(f"{name},,\n" for name in (*contents, record))
    with zipfile.ZipFile(path, "w", compresslevel=1) as wheel:
        for name, content in contents.items():
            wheel.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PackageIndex

    def do_GET(self) -> None:
        # A proxy is asked for whole URLs (RFC 9112, section 3.2.2).
        name = urlsplit(self.path).path.rstrip("/").rpartition("/")[2]
        content = self._content(name)
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815 -- the base class's

    def _content(self, name: str) -> bytes:
        """Return a file, a wheel's metadata, or the page of a package; nothing if there is none."""
        packages = self.server.packages
        if name.endswith(_METADATA):
            return _metadata(packages / name.removesuffix(_METADATA))
        if name.endswith((_WHEEL, ".tar.gz")):
            self.server.fetched.add(name)
            return (packages / name).read_bytes()
        return "".join(map(_link, sorted(packages.glob(f"{name.replace('-', '_')}-*")))).encode()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Write nothing."""


def _link(package: Path) -> str:
    sha256 = hashlib.sha256(package.read_bytes()).hexdigest()
    has_metadata = ' data-core-metadata="true"' if package.suffix == _WHEEL else ""
    return f'<a href="/{package.name}#sha256={sha256}"{has_metadata}>{package.name}</a>'


def _metadata(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as opened:
        (name,) = (name for name in opened.namelist() if name.endswith("/METADATA"))
        return opened.read(name)
