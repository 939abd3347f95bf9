"""Clients of a running process that disconnect, flood it, or come through proxies."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

import pytest

from contract.runtime_process import Runtime, eventually, serving

# An export that waits for nothing, events that end as ASGI asks for, an answer before the body.
FUNCTION = """
import asyncio
import json

LINE = {"type": "http.response.body", "body": b"a line of the export\\n", "more_body": True}


async def export(scope, receive, send):
    for _ in range(20_000_000):
        await send(LINE)


async def events(scope, receive, send):
    gone = asyncio.create_task(receive())
    while not gone.done() or (await gone)["type"] != "http.disconnect":
        if gone.done():
            gone = asyncio.create_task(receive())
        await send(LINE)
        await asyncio.sleep(0.01)


async def early(scope, receive, send):
    await send({**LINE, "more_body": False})


async def upload(scope, receive, send):
    while (await receive()).get("more_body"):
        pass


async def who(scope, receive, send):
    seen = scope["scheme"], *scope["client"]
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await globals()[scope["path"].strip("/") or "early"](scope, receive, send)
"""
# A feed of a function that is not async; no thread can have so large a stack, so none is started.
SYNC = """
import threading
import time

LINE = {"type": "http.response.body", "body": b"tick\\n", "more_body": True}


def handle(scope, receive, send):
    if scope["path"] == "/no-threads":
        threading.stack_size(1 << 47)
    if scope["path"] == "/threads":
        threading.stack_size(0)
    send({"type": "http.response.start", "status": 200, "headers": []})
    while scope["path"] == "/feed":
        send(LINE)
        time.sleep(0.01)
    send({"type": "http.response.body", "body": b"done"})
"""


@contextmanager
def running(tmp_path: Path, function: str = FUNCTION, **variables: str) -> Iterator[Runtime]:
    """Serve a function."""
    (tmp_path / "function.py").write_text(function)
    variables["FUNC_INVOKE"] = "http"
    with serving(tmp_path, tmp_path / "log", variables=variables) as runtime:
        yield runtime


def leave(runtime: Runtime, path: str) -> None:
    """Send a request, read the start of the response, and disconnect."""
    with runtime.connect() as connection:
        connection.sendall(b"GET /%b HTTP/1.1\r\nhost: f\r\n\r\n" % path.encode())
        connection.recv(100)


class Probes:
    """Health checks at the same time, each on a new connection."""

    def __init__(self, runtime: Runtime) -> None:
        self.statuses: list[int] = []
        self.seconds: list[float] = []
        self._runtime = runtime
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.01):
            began = time.perf_counter()
            self.statuses.append(self._ask())
            self.seconds.append(time.perf_counter() - began)

    def _ask(self) -> int:
        with suppress(OSError, ValueError), self._runtime.connect() as connection:
            connection.sendall(b"GET /health/liveness HTTP/1.1\r\nhost: f\r\n\r\n")
            return int(connection.recv(1000)[9:12])
        return 0

    @property
    def usual(self) -> float:
        """How long one takes; a machine that is busy with other tests may be late itself."""
        return sorted(self.seconds)[len(self.seconds) // 2]


def until_probed(probes: Probes, count: int = 20) -> None:
    """Wait for some."""
    eventually(lambda: len(probes.statuses) >= count, "health checks")


@pytest.mark.parametrize("path", ["export", "events"])
@pytest.mark.row("U14")
def test_client_that_goes(tmp_path: Path, path: str) -> None:
    """Handlers end with their clients, without errors, and health checks are answered."""
    with running(tmp_path, LOG_LEVEL="debug", FUNC_ACCESS_LOG="1") as runtime:
        with Probes(runtime) as probes:
            for _ in range(4):
                leave(runtime, path)
            until_probed(probes)
        eventually(lambda: 4 == runtime.log.count(f"'/{path}' 200"), "the end of the handlers")

        assert 4 == runtime.log.count(", cut off")
        assert {200} == set(probes.statuses)
        assert probes.usual < 0.1
        assert "ERROR" not in runtime.log


@pytest.mark.parametrize("rate", [0.0, 0.01], ids=["fast", "slow"])
@pytest.mark.row("R22")
def test_client_that_stays(tmp_path: Path, rate: float) -> None:
    """An endless response does not make others wait, at any speed of its client."""
    with running(tmp_path) as runtime, runtime.connect() as connection:
        connection.sendall(b"GET /export HTTP/1.1\r\nhost: f\r\n\r\n")
        with Probes(runtime) as probes:
            while len(probes.statuses) < 20:
                connection.recv(1 << 16)
                time.sleep(rate)

        assert {200} == set(probes.statuses)
        assert probes.usual < 0.1


@pytest.mark.row("U14")
def test_client_of_a_sync_handler_that_goes(tmp_path: Path) -> None:
    """A handler that is not async also ends when its client disconnects, and frees its thread."""
    with running(tmp_path, SYNC, FUNC_THREADS="2") as runtime:
        for _ in range(4):
            leave(runtime, "feed")

        assert "done" == runtime.get("/").text
        assert "ERROR" not in runtime.log


def test_no_more_threads(tmp_path: Path) -> None:
    """If the system has no more threads, requests wait for the existing ones."""
    with running(tmp_path, SYNC, FUNC_THREADS="4") as runtime, ExitStack() as stack:
        assert "done" == runtime.get("/no-threads").text
        waiting = stack.enter_context(runtime.connect())
        feed = stack.enter_context(runtime.connect())
        feed.sendall(b"GET /feed HTTP/1.1\r\nhost: f\r\n\r\n")
        feed.recv(10)
        waiting.sendall(b"GET /threads HTTP/1.1\r\nhost: f\r\nconnection: close\r\n\r\n")
        assert 200 == runtime.get("/health/liveness").status_code
        feed.close()

        assert waiting.makefile("rb").read().endswith(b"done")
        assert "ERROR" not in runtime.log


TO_THREAD = """
import asyncio
import threading


async def handle(scope, receive, send):
    await asyncio.to_thread(threading.get_ident)
    threading.stack_size(1 << 47)
"""


def test_stop_without_threads(tmp_path: Path) -> None:
    """A process that cannot start more threads still shuts down normally."""
    with running(tmp_path, TO_THREAD) as runtime:
        assert 204 == runtime.get("/").status_code
        runtime.signal()

        assert 0 == runtime.ended()
    assert "Traceback" not in runtime.log


CHUNKED = b"POST /early HTTP/1.1\r\nhost: f\r\ntransfer-encoding: chunked\r\n\r\n"
ENDLESS = b"POST /export HTTP/1.1\r\nhost: f\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("head", [CHUNKED, ENDLESS], ids=["answered", "not read"])
@pytest.mark.row("R22")
def test_chunks_of_single_bytes(tmp_path: Path, head: bytes) -> None:
    """Bodies in tiny chunks, on many connections, do not make others wait."""
    chunks = b"1\r\nx\r\n" * 20_000
    with running(tmp_path) as runtime, Probes(runtime) as probes, ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(runtime.connect())
            connection.sendall(head)
            connection.setblocking(False)
            with suppress(BlockingIOError, ConnectionError):
                for _ in range(10):
                    connection.send(chunks)
        until_probed(probes)

    assert {200} == set(probes.statuses)
    assert probes.usual < 0.1


FEW_FILES = """
import resource

resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
"""


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\nho", b"POST /upload HTTP/1.1\r\nhost: f\r\ncontent-length: 9\r\n\r\nx"],
    ids=["heads", "bodies"],
)
@pytest.mark.row("R33")
def test_more_connections_than_files(tmp_path: Path, sent: bytes) -> None:
    """Health checks are answered even if clients open more connections than files, and wait."""
    with running(tmp_path, FEW_FILES + FUNCTION) as runtime, ExitStack() as stack:
        probes = stack.enter_context(Probes(runtime))
        for _ in range(400):
            connection = stack.enter_context(runtime.connect())
            connection.sendall(sent)
        until_probed(probes)

    assert {200} == set(probes.statuses)
    assert 1 == runtime.log.count("connections are open")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ["https", "192.0.2.1", 0]),
        ({"FORWARDED_ALLOW_IPS": "*"}, ["https", "198.51.100.7", 0]),
        ({"FORWARDED_ALLOW_IPS": "10.0.0.0/8"}, ["http", "127.0.0.1"]),
    ],
)
@pytest.mark.row("R19")
def test_what_a_proxy_says(
    tmp_path: Path, variables: dict[str, str], expected: list[object]
) -> None:
    """The scheme and the client come from queue-proxy, or from another trusted proxy."""
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7, 192.0.2.1"}
    with running(tmp_path, **variables) as runtime:
        assert expected == runtime.get("/who", headers=said).json()[: len(expected)]
        assert ["http", "127.0.0.1"] == runtime.get("/who").json()[:2]
