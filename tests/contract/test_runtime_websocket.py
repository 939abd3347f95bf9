"""WebSockets of a running process: attacks, and the end of the process."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.runtime_process import Runtime, serving
from contract.websocket_frames import (
    BINARY,
    CLOSE,
    COMPRESSED,
    CONTINUATION,
    OFFER,
    PING,
    TEXT,
    Deflater,
    closing,
    frame,
)

FUNCTION = """
import asyncio, logging

async def handle(scope, receive, send):
    if scope["type"] == "http":
        logging.getLogger("uvicorn.error").info("a line of the function's")
        return
    await receive()
    await send({"type": "websocket.accept"})
    if scope["path"] == "/busy":
        await asyncio.sleep(1000)
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})
    logging.info("saw the end: %s", message["code"])
"""
# What an attack may take; a container of 64 MB has twice that.
MEMORY = 20 << 20


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """Serve the function with a limit for messages."""
    (tmp_path / "function.py").write_text(FUNCTION)
    variables = {"FUNC_INVOKE": "http", "FUNC_MAX_WEBSOCKET_BYTES": str(4 << 20)}
    variables["FUNC_SHUTDOWN_SECONDS"] = "1"
    with serving(tmp_path, tmp_path / "log", variables=variables) as process:
        yield process


def opened(runtime: Runtime, path: str = "/", headers: bytes = b"") -> socket.socket:
    """Open a WebSocket."""
    connection = runtime.connect()
    connection.sendall(f"GET {path} HTTP/1.1\r\n".encode() + OFFER + headers + b"\r\n")
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    assert received.startswith(b"HTTP/1.1 101 ")
    return connection


def most_memory(runtime: Runtime) -> int:
    """Return the most memory that the process has had, in bytes."""
    status = Path(f"/proc/{runtime.process.pid}/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def flood(connection: socket.socket, first: bytes, repeated: bytes) -> None:
    """Send without reading, until the runtime has read nothing for a second."""
    connection.settimeout(1)
    try:
        connection.sendall(first)
        for _ in range(20):
            connection.sendall(repeated)
    except (TimeoutError, ConnectionError):
        pass


PINGS = (b"", frame(PING, b"x" * 125) * 8000)
FRAGMENTS = (frame(BINARY, fin=False), frame(CONTINUATION, fin=False) * 50_000)
TINY = (frame(BINARY, fin=False), frame(CONTINUATION, b"x", fin=False) * 50_000)
MANY = (b"", frame(BINARY, b"x") * 150_000)
HUGE = (b"\x82\xff" + (1 << 40).to_bytes(8), b"x" * (1 << 20))


@pytest.mark.parametrize(
    ("path", "sent"),
    [("/", PINGS), ("/", FRAGMENTS), ("/", TINY), ("/busy", MANY), ("/", HUGE)],
    ids=["pings", "fragments", "tiny fragments", "many", "huge"],
)
def test_flood(runtime: Runtime, path: str, sent: tuple[bytes, bytes]) -> None:
    """Clients that send without an end use little memory, and others are still served."""
    connections = [opened(runtime, path) for _ in range(5)]
    before = most_memory(runtime)
    attacks = [
        threading.Thread(target=flood, args=(connection, *sent)) for connection in connections
    ]
    for attack in attacks:
        attack.start()
    statuses, slowest = [], 0.0
    while any(attack.is_alive() for attack in attacks):
        began = time.monotonic()
        statuses.append(runtime.get("/health/liveness").status_code)
        slowest = max(slowest, time.monotonic() - began)
    for attack, connection in zip(attacks, connections, strict=True):
        attack.join()
        connection.close()

    assert {200} == set(statuses)
    assert slowest < 3.0  # 50 ms on a machine that does nothing else
    assert most_memory(runtime) - before < MEMORY


@pytest.mark.parametrize("path", ["/", "/busy"])
def test_bombs(runtime: Runtime, path: str) -> None:
    """Of messages that are compressed a thousand times, only one at a time uses memory."""
    bomb = frame(BINARY, Deflater()(bytes(64 << 20)), bits=COMPRESSED)
    extension = b"sec-websocket-extensions: permessage-deflate\r\n"
    connections = [opened(runtime, path, extension) for _ in range(10)]
    before = most_memory(runtime)
    for connection in connections:
        connection.sendall(bomb)
    for connection in connections:
        if path == "/":
            assert (1009).to_bytes(2) == connection.recv(65536)[2:4]
    assert 200 == runtime.get("/health/liveness").status_code
    for connection in connections:
        connection.close()

    assert most_memory(runtime) - before < MEMORY


def refused(runtime: Runtime, head: bytes) -> bytes:
    """Return the status line for a request."""
    with runtime.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n" + head + b"\r\n")
        return connection.recv(65536).partition(b"\r\n")[0]


def test_bytes_above_ascii(runtime: Runtime) -> None:
    """Bytes above 0x7f in the head of a WebSocket are accepted."""
    assert b"HTTP/1.1 101 Switching Protocols" == refused(runtime, OFFER + b"x: \xff\xfe\r\n")
    assert b"HTTP/1.1 400 Bad Request" == refused(
        runtime, OFFER.replace(b"sec-websocket-key: ", b"sec-websocket-key: \xff")
    )
    runtime.until_logged("saw the end: 1006")
    assert "Traceback" not in runtime.log


def test_shutdown(runtime: Runtime) -> None:
    """On SIGTERM, the client gets the close code for a restart, and the application sees it."""
    with opened(runtime) as connection:
        connection.sendall(frame(TEXT, b"hello"))
        assert b"\x81\x05hello" == connection.recv(65536)
        runtime.signal()

        assert bytes([0x80 | CLOSE, 2]) + closing(1012) == connection.recv(65536)
        assert 0 == runtime.ended()
    assert "saw the end: 1012" in runtime.log


def test_logger_of_a_server(runtime: Runtime) -> None:
    """A function can use the loggers of another server, also after a WebSocket."""
    opened(runtime).close()
    assert 204 == runtime.get("/").status_code

    assert "a line of the function's" in runtime.log


AFTER: dict[str, Callable[[socket.socket], None]] = {
    "nothing": lambda _: None,
    "half a frame": lambda connection: connection.sendall(frame(TEXT, b"hello")[:4]),
    "half a message": lambda connection: connection.sendall(frame(TEXT, b"hello", fin=False)),
    "a close": lambda connection: connection.sendall(frame(CLOSE)),
}


@pytest.mark.parametrize("act", AFTER.values(), ids=AFTER)
def test_client_goes(runtime: Runtime, act: Callable[[socket.socket], None]) -> None:
    """A client may disconnect at any time, and the application sees it."""
    with opened(runtime) as connection:
        act(connection)

    runtime.until_logged("saw the end: 100")
