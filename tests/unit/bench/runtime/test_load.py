"""What load.lua prints at the end of wrk's output."""

import json

import pytest
from bench.errors import BenchFailed
from bench.runtime import load
from bench.runtime.load import Answered

PRINTED = {"requests": 3000, "microseconds": 1_500_000, "p50": 400, "p99": 2500, "failed": 0}


def output(**changes: int) -> str:
    """Return wrk's output with the line."""
    return f"Running 3s test\n  1 threads\n{json.dumps(PRINTED | changes)}\n"


def test_line() -> None:
    """The last line has counts and microseconds."""
    answered = load.parse(output())

    assert Answered(3000, 1.5, 0.0004, 0.0025) == answered
    assert 2000 == answered.rate


@pytest.mark.parametrize("changes", [{"failed": 1}, {"requests": 0}])
def test_failed(changes: dict[str, int]) -> None:
    """A rate with failed requests is an error."""
    with pytest.raises(BenchFailed, match="requests failed"):
        load.parse(output(**changes))
