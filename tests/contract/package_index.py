"""A private package index, like those of companies: pypiserver with TLS and a password."""

import io
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

from tools import package_index

USER = "builder"
# Greppable: nothing that a build leaves may hold it.
PASSWORD = "planted-Secret-4711"

PACKAGE = "acme_private"

_SERVER = Path(__file__).with_name("package_index_server.py")


@dataclass(frozen=True)
class Index:
    """A running index."""

    host: str
    authority: bytes

    @property
    def url(self) -> str:
        """Its address without credentials."""
        return f"https://{self.host}/simple/"

    @property
    def url_with_password(self) -> str:
        """Its address with credentials, as people write it into pip.conf."""
        return f"https://{USER}:{PASSWORD}@{self.host}/simple/"


@contextmanager
def serving(packages: Path) -> Iterator[Index]:
    """Serve a folder of packages on loopback, with a certificate of a private authority.

    In a process of its own: pypiserver changes how its process imports modules.
    """
    authority = trustme.CA()
    with authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.tempfile() as certificate:
        server = subprocess.Popen(
            [sys.executable, _SERVER, packages, certificate, USER, PASSWORD],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with server:
            try:
                assert server.stdout
                port = int(server.stdout.readline())
                yield Index(f"127.0.0.1:{port}", authority.cert_pem.bytes())
            finally:
                server.terminate()


@contextmanager
def failing(status: int) -> Iterator[str]:
    """Serve an index that responds with a status; 0 never responds. Yields its URL."""
    ended = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not status:
                ended.wait(30)
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's
            """Write nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    with _running(server):
        yield f"http://{USER}:{PASSWORD}@127.0.0.1:{server.server_port}/simple/"
        ended.set()


@contextmanager
def _running(server: Any) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_wheel(
    folder: Path,
    version: str = "1.0",
    package: str = PACKAGE,
    source: str = "",
    tag: str = "py3-none-any",
) -> Path:
    """Write a wheel of a package that no public index has."""
    files = {f"{package}.py": f'VERSION = "{version}"\n{source}'}
    return package_index.write_wheel(folder, package, files, version, tag)


def write_sdist(folder: Path, files: dict[str, str], package: str = PACKAGE) -> Path:
    """Write a source distribution, of version 1.0, with some files."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{package}-1.0.tar.gz"
    metadata = f"Metadata-Version: 2.2\nName: {package}\nVersion: 1.0\n"
    with tarfile.open(path, "w:gz") as packed:
        for name, content in {"PKG-INFO": metadata, **files}.items():
            member = tarfile.TarInfo(f"{package}-1.0/{name}")
            member.size = len(content.encode())
            packed.addfile(member, io.BytesIO(content.encode()))
    return path


def write_bindings(root: Path, **bindings: dict[str, str]) -> Path:
    """Write bindings: the name, its type with - for _, and its files; returns the root."""
    for name, files in bindings.items():
        folder = root / name
        folder.mkdir(parents=True)
        for file, content in {"type": name.replace("_", "-"), **files}.items():
            (folder / file).write_text(content)
    return root
