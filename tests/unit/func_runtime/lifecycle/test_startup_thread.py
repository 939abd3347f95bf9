"""Connections while the function starts, on real sockets."""

import os
import resource
import socket
import threading
from collections.abc import Iterator

import pytest

from contract.runtime_process import eventually
from func_runtime.app.app import probes
from func_runtime.asgi import Receive, Scope, Send
from func_runtime.function.adapter import Function
from func_runtime.function.health import Health
from func_runtime.function.lifespan import Lifespan, Phase
from func_runtime.lifecycle import sockets, startup_server
from func_runtime.lifecycle.startup_server import HeldConnection, Request, read_head
from func_runtime.lifecycle.startup_thread import StartupThread
from func_runtime.settings.listen_addresses import Address

LIVENESS, READINESS = "/health/liveness", "/health/readiness"
GET = b"GET / HTTP/1.1\r\nhost: f\r\n\r\n"


async def handle(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing."""


async def ready() -> bool:
    """Say yes."""
    return True


class Room:
    """A server for the time of the start, and its clients."""

    def __init__(self) -> None:
        function = Function(handle, ready=ready)
        self.lifespan = Lifespan(function, dict)
        self.listening = sockets.bind([Address("127.0.0.1", 0)])
        self.failed = threading.Event()
        health = Health(function, self.lifespan)
        by_path = probes(health, [LIVENESS], [READINESS])
        self.room = StartupThread(self.listening, by_path, self.failed.set)
        self.waiting: list[bytes] | None = None
        self.clients: list[socket.socket] = []

    def connect(self, data: bytes = b"") -> socket.socket:
        """Connect, and send something."""
        client = socket.create_connection(self.listening[0].getsockname(), timeout=10)
        self.clients.append(client)
        client.sendall(data)
        return client

    def seen(self) -> None:
        """Wait until everything that was sent has been read."""
        ask(self.connect(), LIVENESS, headers="connection: close\r\n")

    def close(self) -> list[bytes]:
        """Close it, and return the bytes read from the waiting connections."""
        waiting = self.room.close()
        for each in waiting:
            each.connection.close()
        self.waiting = [each.early for each in waiting]
        return self.waiting


def ask(client: socket.socket, path: str, method: str = "GET", headers: str = "") -> bytes:
    """Ask for a path and return the answer."""
    client.sendall(f"{method} {path} HTTP/1.1\r\nhost: f\r\n{headers}\r\n".encode())
    return client.recv(65536)


@pytest.fixture
def room() -> Iterator[Room]:
    """An open room."""
    made = Room()
    made.room.start(0)
    eventually(lambda: made.room.is_open, "an open room")
    yield made
    if made.waiting is None:
        made.close()
    for each in (*made.clients, *made.listening):
        each.close()


def test_descriptors(room: Room) -> None:
    """It returns the descriptors of all connections, so that a forked child can close them."""
    room.connect(GET)
    room.connect(b"GET")
    room.seen()

    eventually(lambda: len(room.room.descriptors()) == 2, "no other connection")
    numbers = room.room.descriptors()

    assert 2 == len(set(numbers))
    assert all(os.path.sameopenfile(number, number) for number in numbers)


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        (LIVENESS, "GET", (b"200 OK", b"OK")),
        (f"{LIVENESS}/", "GET", (b"200 OK", b"OK")),
        (f"{LIVENESS}?verbose", "GET", (b"200 OK", b"OK")),
        (LIVENESS, "HEAD", (b"200 OK", b"")),
        (LIVENESS, "DELETE", (b"405 Method Not Allowed", b"Method Not Allowed")),
        (READINESS, "GET", (b"503 Service Unavailable", b"The function is starting")),
    ],
)
def test_health(room: Room, path: str, method: str, expected: tuple[bytes, bytes]) -> None:
    """Health checks are answered, again and again on a connection."""
    client = room.connect()
    for _ in range(2):
        head, _, body = ask(client, path, method).partition(b"\r\n\r\n")
        assert expected == (head.split(b"\r\n")[0].removeprefix(b"HTTP/1.1 "), body)
        assert b"\r\nconnection: " not in head


@pytest.mark.parametrize(
    "request_",
    [
        f"GET {LIVENESS} HTTP/1.0\r\n\r\n".encode(),
        f"GET {LIVENESS} HTTP/1.1\r\nhost: f\r\nconnection: close\r\n\r\n".encode(),
    ],
)
def test_last_answer(room: Room, request_: bytes) -> None:
    """A connection without keep-alive, such as kubelet's, ends after the response."""
    client = room.connect(request_)

    assert b"\r\nconnection: close\r\n" in client.recv(65536)
    assert b"" == client.recv(65536)


def test_pipelined(room: Room) -> None:
    """Health checks before another request are answered. That request and later ones wait."""
    probe = f"GET {LIVENESS} HTTP/1.1\r\nhost: f\r\n\r\n".encode()
    client = room.connect(probe + probe + GET + probe)
    answer = b""
    while answer.count(b"\r\n\r\nOK") < 2:
        answer += client.recv(65536)
    room.seen()

    assert [GET + probe] == room.close()


LONG = b"GET / HTTP/1.1\r\nfirst: " + b"x" * 70_000


@pytest.mark.parametrize(
    "data",
    [
        GET,
        f"POST {LIVENESS} HTTP/1.1\r\nhost: f\r\ncontent-length: 1\r\n\r\n".encode(),
        f"GET {LIVENESS} HTTP/1.1\r\n\r\n".encode(),
        f"GET {LIVENESS} HTTP/1.1\r\nhost: f\r\nconnection: upgrade\r\nupgrade: a\r\n\r\n".encode(),
        b"nonsense\r\n\r\n",
        b"GET / HT",
        b"",
        LONG,
    ],
    ids=["other path", "body", "no host", "upgrade", "nonsense", "half a head", "nothing", "long"],
)
def test_what_waits(room: Room, data: bytes) -> None:
    """Other requests wait for the server, with all bytes that were read."""
    client = room.connect(data)
    room.seen()
    room.seen()  # each turn reads a part of what is long
    (early,) = room.close()

    rest = b"" if data != LONG else data[len(early) :]
    assert data == early + rest
    assert len(early) < 90_000
    assert client.fileno() > 0


@pytest.mark.parametrize("linger", [b"\0" * 8, b"\1\0\0\0\0\0\0\0"], ids=["closed", "reset"])
def test_client_leaves(room: Room, linger: bytes) -> None:
    """A connection that its client ends does not wait."""
    client = room.connect(b"GET /")
    room.seen()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    client.close()
    room.seen()

    assert [] == room.close()


def test_client_that_does_not_read(room: Room) -> None:
    """A client that does not read its responses is disconnected, and does not make others wait."""
    probe = f"GET {LIVENESS} HTTP/1.1\r\nhost: f\r\n\r\n".encode()
    client = room.connect()
    with pytest.raises(ConnectionError):
        client.sendall(probe * 200_000)
    room.seen()

    assert [] == room.close()


def test_client_is_gone() -> None:
    """If the client has disconnected, no response is sent."""
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        assert not HeldConnection(ours).send(b"answer")


def test_many_requests(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """One request more than the limit gets 503. Health checks are still answered."""
    monkeypatch.setattr(startup_server, "_HELD", 1)
    room.connect(GET)
    room.seen()
    answer = room.connect(GET).recv(65536)
    room.seen()

    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert [GET] == room.close()


def test_many_connections(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of connections without a complete request, the oldest is closed for a new one."""
    monkeypatch.setattr(startup_server, "_READING", 2)
    oldest = room.connect(b"1")
    room.seen()
    room.connect(b"2")
    room.seen()
    room.connect(b"3")
    room.seen()

    assert b"" == oldest.recv(1)
    assert 1 >= len(room.close())


def test_no_descriptor_is_left(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    """If accepting fails, it is tried again later. Existing connections are served."""
    caplog.set_level("DEBUG")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    client = room.connect()
    ask(client, LIVENESS)  # it is accepted, and nothing is about to be closed
    other = socket.socket()
    room.clients.append(other)
    free = os.dup(0)
    os.close(free)  # the lowest one that is free
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        other.connect(room.listening[0].getsockname())
        eventually(lambda: "No connection was accepted" in caplog.text, "a connection refused")
        assert ask(client, LIVENESS).startswith(b"HTTP/1.1 200 ")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert ask(other, LIVENESS).startswith(b"HTTP/1.1 200 ")


def test_function_serves_by_now(room: Room) -> None:
    """If the function has its own check, the request waits for the server's event loop."""
    room.lifespan.phase = Phase.SERVING
    room.connect(f"GET {READINESS} HTTP/1.1\r\nhost: f\r\n\r\n".encode())
    room.seen()

    assert 1 == len(room.close())


def test_quick_start() -> None:
    """If the start is quick, the port is never opened."""
    room = Room()
    room.room.start(60)

    assert [] == room.close()
    assert not room.room.is_open
    with pytest.raises(ConnectionRefusedError):
        room.connect()
    room.listening[0].close()


def test_address_is_taken() -> None:
    """If another process listens on the address by then, this is a failure."""
    room = Room()
    with socket.create_server(room.listening[0].getsockname(), reuse_port=False):
        room.room.start(0)
        assert room.failed.wait(10)
        room.close()

    assert room.room.failure
    assert "EADDRINUSE" in room.room.failure.reason
    room.listening[0].close()


def test_heads() -> None:
    """A head has the method, the path, and whether the connection stays open."""
    assert Request("GET", "/a", keep_alive=True) == read_head(
        b"GET /a?b=c HTTP/1.1\r\nHost: f\r\n\r\n"
    )
    assert None is read_head(b"GET / HTTP/1.1\r\nHost: f\r\nHost: g\r\n\r\n")
