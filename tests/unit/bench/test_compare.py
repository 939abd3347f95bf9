"""How much worse a measurement is than the one before."""

from typing import Any

import pytest
from bench import compare
from bench.compare import Loss
from bench.rounds import Round
from bench.runtime.results.figures import BY_NAME

CPU, RATE, NEUTRAL = "cpu_us", "requests_per_s", "half_rate"


def lost(name: str, before: dict[str, float], after: dict[str, float]) -> list[Loss]:
    """Compare one figure."""
    return list(compare.losses({name: before}, {name: after}, BY_NAME, "us"))


@pytest.mark.parametrize(
    ("name", "after", "too_much"),
    [(CPU, 111, True), (CPU, 110, False), (CPU, 50, False), (RATE, 90, True), (RATE, 91, False)],
)
def test_loss(name: str, after: float, too_much: bool) -> None:
    """More than a tenth is too much: more time, or a lower rate."""
    (found,) = lost(name, {"us": 100}, {"us": after})

    assert too_much is found.is_too_much
    assert not found.peers


def test_slower_machine() -> None:
    """If the peers are slower as well, the figure is not worse."""
    (same,) = lost(CPU, {"us": 10, "a": 20, "b": 30}, {"us": 20, "a": 40, "b": 60})
    (worse,) = lost(CPU, {"us": 10, "a": 20}, {"us": 10, "a": 10})

    assert (0.0, False) == (same.part, same.is_too_much)
    assert (1.0, True) == (worse.part, worse.is_too_much)


def test_another_machine() -> None:
    """A time without peers says nothing on another machine. A ratio and a number of modules do."""
    (time,) = lost(CPU, {"us": 10}, {"us": 20})
    (ratio,) = lost(CPU, {"us": 10, "a": 20}, {"us": 10, "a": 20})
    (number,) = lost("modules", {"us": 194}, {"us": 195})

    assert [False, True, True] == [each.is_of_any_machine for each in (time, ratio, number)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {CPU: {"us": 1.0}}),
        ({CPU: {"us": 1.0}}, {}),
        ({CPU: {"a": 1.0}}, {CPU: {"us": 1.0}}),
        ({NEUTRAL: {"us": 1.0}}, {NEUTRAL: {"us": 2.0}}),
        ({"of the past": {"us": 1.0}}, {"of the past": {"us": 2.0}}),
    ],
)
def test_nothing_to_compare(before: Round, after: Round) -> None:
    """Missing and neutral figures are not compared."""
    assert [] == list(compare.losses(before, after, BY_NAME, "us"))


def test_from_nothing() -> None:
    """A figure that was 0 is worse if it is larger now."""
    assert [0.0, 1.0] == [lost(CPU, {"us": 0}, {"us": now})[0].part for now in (0, 1)]


def test_lines() -> None:
    """A line has both figures and how they were compared. A loss is marked."""
    (loss,) = lost(CPU, {"us": 10, "a": 20}, {"us": 12, "a": 20})
    (gain,) = lost(RATE, {"us": 100}, {"us": 200})

    assert [
        "LOSS  CPU time per request: 10.0 → 12.0 µs (20.0% worse relative to its peers)",
        "      Requests per second: 100 → 200 1/s (50.0% better)",
    ] == [compare.line(loss), compare.line(gain)]


def result(processor: str, taken: str) -> dict[str, Any]:
    """Return the parts of a document that are compared."""
    machine = {"processor": processor, "cores": 2, "memory_mb": 1, "system": "Linux", "load": 0.0}
    return {"taken": taken, "machine": machine}


def test_earlier() -> None:
    """A result is compared with the same machine's, and with the newest of a commit without one."""
    old, new, other = result("a", "2026-01"), result("a", "2026-02"), result("b", "2026-03")

    assert new == compare.earlier([old, new, other], result("a", "2026-04"))
    assert other == compare.earlier([old, new, other], result("c", "2026-04"))
    with pytest.raises(ValueError, match="no result"):
        compare.earlier([], old)
