"""The program that listens on a port of the loopback interface."""

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tools.loopback import is_port, listener


@contextmanager
def serving(headers: dict[str, str]) -> Iterator[int]:
    """Answer with some headers on a free port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({"Docker-Distribution-Api-Version": "registry/2.0"}, "registry"), ({}, "other")],
)
def test_a_registry_says_that_it_is_one(headers: dict[str, str], expected: str) -> None:
    """Another server is not recognized as a registry."""
    with serving(headers) as port:
        assert expected == listener(port)


def test_a_free_port() -> None:
    """Nothing listens on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert "nothing" == listener(port)


def test_a_server_that_speaks_no_http() -> None:
    """A server without HTTP is another program."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            with server.accept()[0] as connection:
                connection.sendall(b"220 mail\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert "other" == listener(port)
        thread.join()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5000", True), ("65535", True), ("0", False), ("65536", False), ("", False), ("x", False)],
)
def test_port_number(text: str, expected: bool) -> None:
    """A port has a number from 1 to 65535."""
    assert expected == is_port(text)
