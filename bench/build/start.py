"""Starts a container of an image on loopback, and asks it until it answers."""

import json
import socket
import time
from collections.abc import Mapping
from datetime import datetime
from threading import Thread

from bench.build import process
from bench.errors import BenchFailed

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.001
_PATIENCE = 60.0
_REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"


def first_answer(image: str, environ: Mapping[str, str]) -> float:
    """Return the seconds from the start of the container's process to its first 200.

    The time of the start is Docker's: what Docker does before does not count.

    :raises BenchFailed: it does not answer.
    """
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port: int = free.getsockname()[1]
    answered: list[float] = []
    asking = Thread(target=_ask_until, args=(port, answered))
    asking.start()
    publish = ["--publish", f"{_HOST}:{port}:8080"]
    container = process.run(
        ["docker", "run", "--detach", *publish, image], environ=environ
    ).output.split()[-1]
    try:
        asking.join()
        found = process.run(["docker", "inspect", container], environ=environ).output
    finally:
        process.run(["docker", "rm", "--force", container], environ=environ)
    if not answered:
        raise BenchFailed(f"{image} does not answer")
    return answered[0] - started_at(found)


def started_at(inspected: str) -> float:
    """Return when a container's process has begun, by `docker inspect`: seconds of the epoch."""
    (container,) = json.loads(inspected)
    text: str = container["State"]["StartedAt"]
    whole, _, fraction = text.removesuffix("Z").partition(".")
    begun = datetime.fromisoformat(f"{whole}+00:00").timestamp()
    return begun + float(f"0.{fraction or 0}")


def _ask_until(port: int, answered: list[float]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if _ask(port).startswith(b"HTTP/1.1 200"):
            answered.append(time.time())
            return
        time.sleep(_POLL_SECONDS)


def _ask(port: int) -> bytes:
    """Return the beginning of the answer, nothing if nobody answers."""
    try:
        with socket.create_connection((_HOST, port), timeout=_PATIENCE) as client:
            client.sendall(_REQUEST)
            return client.recv(4096)
    except OSError:
        return b""
