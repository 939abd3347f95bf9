"""Sends requests to 127.0.0.1 with wrk, for a limited time."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.errors import BenchFailed
from bench.runtime import process

_SCRIPT = Path(__file__).with_name("load.lua")
# How long wrk may run after its time.
_PATIENCE = 30.0


class Mode(StrEnum):
    """The kind of request."""

    GET = "get"
    ORDER = "order"
    BINARY = "binary"
    STRUCTURED = "structured"


@dataclass(frozen=True)
class Answered:
    """The result: the number of requests, seconds, and latencies in seconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def send(port: int, mode: Mode, *, connections: int, seconds: int, think_ms: int = 0) -> Answered:
    """Send requests on connections that stay open, each one after the response to the last.

    With `think_ms`, a connection waits that long on average before each request.

    :raises BenchFailed: a request failed, or was not answered with success.
    """
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(_SCRIPT)]
    command = ["wrk", *options, f"http://127.0.0.1:{port}/", "--", mode, str(think_ms)]
    output = process.complete(command, environ={}, within=seconds + _PATIENCE)
    return parse(output)


def version() -> str:
    """Return wrk's name and version.

    :raises BenchFailed: there is no wrk.
    """
    # It also prints its options, and exits with an error.
    try:
        said = process.complete(["wrk", "-v"], environ={}, codes=(0, 1))
    except BenchFailed as error:
        raise BenchFailed(
            f"wrk does not run: {error}. Debian has it: apt-get install wrk"
        ) from error
    return said.split(" [")[0]


def parse(output: str) -> Answered:
    """Parse the last line of the output, which load.lua prints.

    :raises BenchFailed: requests failed.
    """
    found = json.loads(output.splitlines()[-1])
    if found["failed"] or not found["requests"]:
        raise BenchFailed(f"{found['failed']} of {found['requests']} requests failed")
    million = 1_000_000
    return Answered(
        found["requests"],
        found["microseconds"] / million,
        found["p50"] / million,
        found["p99"] / million,
    )
