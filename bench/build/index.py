"""A package index on this machine, with packages made for it; counts which wheels are fetched.

The simple repository API (PEP 503, with metadata apart by PEP 658) over HTTP: containers reach it
at the address that Docker's default network has here.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_MODULES = 40
_FUNCTIONS = 25  # a module: about 3 kB of source


def name(number: int) -> str:
    """Return the name of a package."""
    return f"bench-part-{number:03}"


class Index(ThreadingHTTPServer):
    """The server: the wheels of so many packages, and the names of those that were fetched."""

    def __init__(self, host: str, packages: int) -> None:
        self.fetched: list[str] = []
        self.wheels = {name(number): _wheel(number) for number in range(packages)}
        super().__init__((host, 0), _Handler)

    @property
    def url(self) -> str:
        """Return the address for UV_DEFAULT_INDEX."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}/simple"


@contextmanager
def serving(host: str, packages: int) -> Iterator[Index]:
    """Serve for as long as the `with` lasts."""
    with Index(host, packages) as index:
        thread = Thread(target=index.serve_forever, daemon=True)
        thread.start()
        try:
            yield index
        finally:
            index.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Index

    def do_GET(self) -> None:
        parts = self.path.strip("/").split("/")
        wheel = self.server.wheels.get(parts[1] if len(parts) > 1 else "")
        if wheel is None:
            self.send_error(404)
        elif parts[0] == "simple":
            sha256 = hashlib.sha256(wheel).hexdigest()
            file = f"{parts[1].replace('-', '_')}-1.0-py3-none-any.whl"
            href = f"/files/{parts[1]}/{file}#sha256={sha256}"
            link = f'<a href="{href}" data-core-metadata="true">{file}</a>'
            self._answer(f"<!DOCTYPE html><html><body>{link}</body></html>".encode(), "text/html")
        elif parts[-1].endswith(".metadata"):
            self._answer(_metadata(parts[1]).encode(), "text/plain")
        else:
            self.server.fetched.append(parts[1])
            self._answer(wheel, "application/octet-stream")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        """Say nothing: a request is no news."""


def _wheel(number: int) -> bytes:
    package = name(number).replace("-", "_")
    info = f"{package}-1.0.dist-info"
    files = {
        f"{package}/__init__.py": "",
        **{f"{package}/part_{i}.py": _module(number, i) for i in range(_MODULES)},
        f"{info}/METADATA": _metadata(name(number)),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for path, content in {**files, f"{info}/RECORD": record}.items():
            opened.writestr(zipfile.ZipInfo(path), content)
    return archive.getvalue()


def _metadata(package: str) -> str:
    return f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"


def _module(package: int, number: int) -> str:
    return "\n\n".join(
        f"def step_{i}(value: int, factor: int = {package}) -> int:\n"
        f'    """Return step {i} of part {number}."""\n'
        f"    return value * factor + {i}\n"
        for i in range(_FUNCTIONS)
    )
