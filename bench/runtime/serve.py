"""Starts a peer on a free port of 127.0.0.1, and sends requests until it answers."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.runtime import process
from bench.runtime.environments import Sources
from bench.runtime.peers import Kind, Peer
from bench.runtime.process import Running

HOST = "127.0.0.1"
_POLL_SECONDS = 0.0005
_PATIENCE = 20.0
_OK = b"HTTP/1.1 200"

_EVENT_BODY = b'{"message":"Hello, World!"}'
_ORDER_BODY = b'{"id":"1","customer":"a","items":[]}'
_REQUESTS = {
    Kind.HTTP: b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n",
    Kind.ORDER: b"POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_ORDER_BODY), _ORDER_BODY),
    Kind.EVENT: b"POST / HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
    b"Ce-Specversion: 1.0\r\nCe-Id: 1\r\nCe-Source: /bench\r\nCe-Type: com.example.event\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_EVENT_BODY), _EVENT_BODY),
}


@dataclass(frozen=True)
class Served:
    """A peer that has answered once, after `seconds` from before its start."""

    process: Running
    port: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Stage:
    """What peers need: an interpreter for each by name, the sources, a folder for logs."""

    interpreters: Mapping[str, Path]
    sources: Sources
    logs: Path

    @contextmanager
    def serve(self, peer: Peer, kind: Kind, *options: str) -> Iterator[Served]:
        """Serve a function within `with`. `options` are options of the interpreter.

        :raises BenchFailed: the peer exits, or does not answer with 200.
        """
        port = _free_port()
        command: list[str | Path] = [
            self.interpreters[peer.name],
            *options,
            *peer.arguments(kind, port),
        ]
        environ = self._environ(peer, kind, port)
        cwd, log = self.sources.function(kind), self.logs / f"{peer.name}-{kind}.log"
        begin = time.perf_counter()
        with process.running(command, environ=environ, cwd=cwd, log=log) as started:
            _first_answer(started, port, kind)
            seconds = time.perf_counter() - begin
            yield Served(started, port, seconds, started.exact_cpu_seconds())

    def run(self, peer: Peer, module: str) -> str:
        """Run a module of functions/serve to its end, and return its output."""
        environ = self._environ(peer, Kind.HTTP, 0)
        command: list[str | Path] = [self.interpreters[peer.name], "-m", module]
        return process.complete(command, environ=environ, cwd=self.sources.function(Kind.HTTP))

    def _environ(self, peer: Peer, kind: Kind, port: int) -> dict[str, str]:
        """Return the environment: the same for all, as an image has it."""
        return {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": self.sources.path(peer, kind),
            "LISTEN_ADDRESS": f"{HOST}:{port}",
            "FUNC_INVOKE": "cloudevent" if kind is Kind.EVENT else "http",
        }


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port


def _first_answer(started: Running, port: int, kind: Kind) -> None:
    """Send requests until the status is 200.

    :raises BenchFailed: it never is.
    """
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if _ask(port, _REQUESTS[kind]).startswith(_OK):
            return
        started.check()
        time.sleep(_POLL_SECONDS)
    raise started.failed("does not answer with 200")


def _ask(port: int, request: bytes) -> bytes:
    """Return the beginning of the answer, nothing if nobody listens."""
    with socket.socket() as client:
        client.settimeout(_PATIENCE)
        try:
            client.connect((HOST, port))
            client.sendall(request)
            return client.recv(4096)
        except ConnectionError:
            return b""
