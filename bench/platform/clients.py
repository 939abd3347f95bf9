"""Sends requests to a function through the gateway."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from statistics import median, quantiles

from bench.errors import BenchFailed
from bench.platform.cluster import GATEWAY

_PATIENCE = 60.0
_CONNECTIONS = 8
_REQUESTS = 250  # of each
_HUNDRED = 100


def ask(host: str) -> float:
    """Send a request, and return the time of the response in seconds of the epoch.

    :raises BenchFailed: the status is not 200.
    """
    with _connected() as client:
        _exchange(client, host)
        return time.time()


def latencies(host: str) -> tuple[float, float]:
    """Return the median and the 99th percentile of many answers, in seconds."""
    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        parts = list(threads.map(_many, [host] * _CONNECTIONS))
    taken = [seconds for part in parts for seconds in part]
    return median(taken), quantiles(taken, n=_HUNDRED)[-1]


def _many(host: str) -> list[float]:
    taken: list[float] = []
    while len(taken) < _REQUESTS:
        with _connected() as client, suppress(_Idle):
            while len(taken) < _REQUESTS:
                began = time.perf_counter()
                _exchange(client, host)
                taken.append(time.perf_counter() - began)
    return taken


class _Idle(Exception):
    """The gateway has closed a connection between two requests, as nginx does for new routes."""


def _connected() -> socket.socket:
    return socket.create_connection((GATEWAY, 80), timeout=_PATIENCE)


def _exchange(client: socket.socket, host: str) -> None:
    client.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    read = b""
    while not _is_whole(read):
        data = client.recv(65536)
        if not (read or data):
            raise _Idle
        if not data:
            raise BenchFailed(f"{host} ended the connection after {read[:200]!r}")
        read += data
    if not read.startswith(b"HTTP/1.1 200"):
        raise BenchFailed(f"{host} answered {read[:200]!r}")


def _is_whole(read: bytes) -> bool:
    head, end, body = read.partition(b"\r\n\r\n")
    if not end:
        return False
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return body.endswith(b"0\r\n\r\n")
