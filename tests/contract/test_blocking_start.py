"""A start that blocks the event loop: health checks are answered, and no request is lost."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.runtime_process import FUNCTIONS, Runtime, ended, started
from contract.test_runtime_http import WebSocket

FOLDER = FUNCTIONS / "runtime_blocking_start"
PROBE = b"GET /health/liveness HTTP/1.1\r\nhost: f\r\n\r\n"
DATE = re.compile(rb"date: [^\r]*\r\n")


@pytest.fixture(params=["plain", "async"])
def starting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runtime]:
    """A function whose start ends when the file `gate` exists. Its port is open."""
    variables = {"HOW": request.param, "START_UNTIL": str(tmp_path / "gate")}
    with started(FOLDER, tmp_path / "log", variables=variables) as runtime:
        runtime.until_open()
        yield runtime
        if not runtime.signalled:
            runtime.signal()
        assert 0 == runtime.ended(), runtime.log


def until_serving(runtime: Runtime, gate: Path) -> None:
    """End the start."""
    gate.touch()
    runtime.until_logged("is serving")


def answer(connection: socket.socket, until: bytes = b"\r\n\r\n") -> bytes:
    """Read until some bytes have come."""
    received = b""
    while until not in received:
        part = connection.recv(65536)
        assert part, received
        received += part
    return received


def test_health(starting: Runtime, tmp_path: Path) -> None:
    """Health checks are answered at once, like later. Their connections outlast the start."""
    with starting.connect() as connection:
        connection.sendall(PROBE)
        before = answer(connection, b"OK")
        assert 503 == starting.get("/health/readiness").status_code
        until_serving(starting, tmp_path / "gate")
        connection.sendall(PROBE)

        assert DATE.sub(b"", before[:-2]) == DATE.sub(b"", answer(connection)).removesuffix(b"OK")
    assert 200 == starting.get("/health/readiness").status_code


def test_requests_wait(starting: Runtime, tmp_path: Path) -> None:
    """Requests of all kinds that came during the start are answered after it."""
    head = b"POST /body HTTP/1.1\r\nhost: f\r\ncontent-length: 200000\r\n\r\n"
    body = b"x" * 200_000
    connections = [starting.connect() for _ in range(4)]
    whole, pipelined, slow, long = connections
    whole.sendall(b"GET /whole HTTP/1.1\r\nhost: f\r\n\r\n")
    pipelined.sendall(
        PROBE + b"GET /1 HTTP/1.1\r\nhost: f\r\n\r\nGET /2 HTTP/1.1\r\nhost: f\r\n\r\n"
    )
    slow.sendall(b"GET /slow HTTP/1.1\r\nho")
    long.sendall(head + body[:1000])
    answer(pipelined, b"OK")
    with starting.connect() as malformed:
        malformed.sendall(b"GET / HTTP/9.9\r\n\r\n")
        until_serving(starting, tmp_path / "gate")
        assert answer(malformed).startswith(b"HTTP/1.1 400 ")
    slow.sendall(b"st: f\r\n\r\n")
    long.sendall(body[1000:])

    assert answer(whole, b"/whole ").endswith(b"\r\n\r\n1 /whole ")
    assert b"1 /1 " in answer(pipelined, b"/2")
    assert answer(slow, b"/slow")
    assert answer(long, b"x" * 1000)
    for connection in connections:
        connection.close()


def test_websocket_waits(starting: Runtime, tmp_path: Path) -> None:
    """A WebSocket that is opened during the start is accepted after it."""
    (tmp_path / "gate").touch()
    with WebSocket(starting, "/") as client:
        client.send("hello")
        assert (1, b"hello") == client.receive()


def test_many_requests_wait(starting: Runtime, tmp_path: Path) -> None:
    """Some hundred requests that came during the start are all answered."""
    connections = [starting.connect() for _ in range(300)]
    for connection in connections:
        connection.sendall(b"GET /many HTTP/1.1\r\nhost: f\r\n\r\n")
    assert 200 == starting.get("/health/liveness").status_code
    (tmp_path / "gate").touch()

    for connection in connections:
        assert b"200 OK" in answer(connection, b"/many")
        connection.close()
    starting.signal()
    starting.until_logged("seen (300,)")


def test_start_ends_by_a_signal(tmp_path: Path) -> None:
    """A signal ends a start that is not async and never returns, and stop() runs."""
    variables = {"START_UNTIL": "never"}
    with started(FOLDER, tmp_path / "log", variables=variables) as runtime:
        runtime.until_open()
        with runtime.waiting() as connection:
            runtime.signal()

            assert answer(connection).startswith(b"HTTP/1.1 503 ")
        assert 0 == runtime.ended()
        assert "seen (0,)" in runtime.log


FAILING_LATE = """
import asyncio

class Application:
    async def __call__(self, scope, receive, send):
        await receive()
        await asyncio.sleep(1.5)
        await send({"type": "lifespan.startup.failed", "message": "no database"})

class Function:
    handle = Application()

    def start(self, cfg):
        pass

    def stop(self):
        print("stopped", flush=True)

new = Function
"""


def test_startup_of_an_application_fails_late(tmp_path: Path) -> None:
    """If a startup fails, waiting requests get 503, and stop() runs after start()."""
    (tmp_path / "function.py").write_text(FAILING_LATE)
    with started(tmp_path, tmp_path / "log") as runtime:
        runtime.until_open()
        with runtime.waiting() as connection:
            assert answer(connection).startswith(b"HTTP/1.1 503 ")
        assert 1 == runtime.ended()
    assert "stopped" in runtime.log
    assert "ERROR: The application's startup failed\n\nReason:   no database\n" in runtime.log


@pytest.mark.parametrize(
    ("source", "found", "expected"),
    [
        ("def start(self): pass", "start(self)", "start(self, cfg)"),
        ("def stop(self, code): pass", "stop(self, code)", "stop(self)"),
        ("async def ready(self, scope): pass", "ready(self, scope)", "ready(self)"),
        ("def alive(): pass", "alive()", "alive(self)"),
        ("def __init__(self, cfg): pass", "new(cfg)", "new()"),
    ],
)
def test_other_arguments(source: str, found: str, expected: str, tmp_path: Path) -> None:
    """--check new, and so the build, refuses a method that could not be called."""
    handle = "    async def handle(self, scope, receive, send): pass"
    (tmp_path / "function.py").write_text(f"class new:\n    {source}\n{handle}\n")

    status, log = ended(tmp_path, "--check", "new")

    assert 2 == status
    assert "ERROR: A method of the function has the wrong arguments\n" in log
    assert f"Found:    {found}\nExpected: {expected}\n" in log
