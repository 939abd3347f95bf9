"""Facts about a machine that has something odd."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from tools.doctor import facts


class Registry(BaseHTTPRequestHandler):
    """Answers as a registry does."""

    def do_GET(self) -> None:
        """Name the API."""
        self.send_response(200)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("handler", "expected"), [(Registry, "registry"), (BaseHTTPRequestHandler, "other")]
)
def test_who_listens(handler: type[BaseHTTPRequestHandler], expected: str) -> None:
    """A registry is told from another server."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert expected == facts.listener(server.server_port)
        thread.join()


def test_nobody_listens() -> None:
    """A closed port is free."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert "nothing" == facts.listener(port)


def test_certificates(tmp_path: Path) -> None:
    """A bundle that is missing or has no certificate is found out."""
    good, bad = tmp_path / "good.crt", tmp_path / "bad.crt"
    trustme.CA().cert_pem.write_to_path(str(good))
    bad.write_text("no certificate")

    assert "" == facts.certificates_error(str(good))
    assert "No such file or directory" == facts.certificates_error(str(tmp_path / "none.crt"))
    assert "certificate" in facts.certificates_error(str(bad)).lower()


def test_this_machine() -> None:
    """All facts of a real machine can be collected."""
    here = facts.collect()

    assert "Linux" == here.system
    assert here.python >= (3, 11)
    assert {"git", "make"} <= here.programs
    assert here.cache_free > 0
