"""Sends requests to 127.0.0.1 with wrk, bounded in connections and time."""

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bench.errors import BenchFailed
from bench.runtime import process

_SCRIPT = Path(__file__).with_name("load.lua")
# What wrk may take beyond the time it was given.
_PATIENCE = 30.0


class Mode(StrEnum):
    """What is sent."""

    GET = "get"
    ORDER = "order"
    BINARY = "binary"
    STRUCTURED = "structured"


@dataclass(frozen=True)
class Answered:
    """What came back: requests, seconds, and latencies in seconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def send(port: int, mode: Mode, *, connections: int, seconds: int, think_ms: int = 0) -> Answered:
    """Send requests on connections that stay open, each as soon as the last one is answered.

    With `think_ms` a connection waits that long on average before each of its requests.

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
    # It shows its options as well, and ends as if it had been called wrongly.
    try:
        said = process.complete(["wrk", "-v"], environ={}, codes=(0, 1))
    except BenchFailed as error:
        raise BenchFailed(
            f"wrk does not run: {error}. Debian has it: apt-get install wrk"
        ) from error
    return said.split(" [")[0]


def parse(output: str) -> Answered:
    """Read what load.lua prints, in the last line.

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
