"""Starts a container of an image on loopback, and sends requests until it answers."""

import json
import socket
import time
from collections.abc import Mapping
from datetime import datetime

from bench.build import process
from bench.errors import BenchFailed

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.001
_PATIENCE = 60.0
_REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"


def first_answer(image: str, environ: Mapping[str, str]) -> float:
    """Return the seconds from the start of the container's process to its first 200.

    Docker records the time of the start. What Docker does before that does not count.

    :raises BenchFailed: it does not answer.
    """
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port: int = free.getsockname()[1]
    command = ["docker", "run", "--detach", "--publish", f"{_HOST}:{port}:8080", image]
    container = process.run(command, environ=environ).output.split()[-1]
    try:
        # Not before: a connection to an address that does not exist yet is retried after a second.
        answered = _wait(port)
        inspected = process.run(["docker", "inspect", container], environ=environ).output
    finally:
        process.run(["docker", "rm", "--force", container], environ=environ)
    if answered is None:
        raise BenchFailed(f"{image} does not answer")
    return answered - started_at(inspected)


def started_at(inspected: str) -> float:
    """Return when a container's process has begun, by `docker inspect`: seconds of the epoch."""
    (container,) = json.loads(inspected)
    text: str = container["State"]["StartedAt"]
    whole, _, fraction = text.removesuffix("Z").partition(".")
    begun = datetime.fromisoformat(f"{whole}+00:00").timestamp()
    return begun + float(f"0.{fraction or 0}")


def _wait(port: int) -> float | None:
    """Return when the first 200 came, in seconds of the epoch."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if _ask(port).startswith(b"HTTP/1.1 200"):
            return time.time()
        time.sleep(_POLL_SECONDS)
    return None


def _ask(port: int) -> bytes:
    """Return the beginning of the answer, nothing if nobody answers."""
    try:
        with socket.create_connection((_HOST, port), timeout=_PATIENCE) as client:
            client.sendall(_REQUEST)
            return client.recv(4096)
    except OSError:
        return b""
