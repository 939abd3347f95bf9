"""The targets."""

import pytest
from bench.runtime.peers import FUNC_PYTHON, OURS, PEERS, UVICORN
from bench.runtime.results import figures
from bench.runtime.results.figures import FIGURES, Figure
from bench.runtime.results.targets import TARGETS
from bench.targets import Outcome, outcomes

from unit.bench.runtime import sample


def outcome(figure: Figure, peer: str | None) -> Outcome:
    """Return the outcome of a target for the sample."""
    found = outcomes(TARGETS, sample.result())
    return next(one for one in found if (one.target.figure, one.target.peer) == (figure, peer))


def test_targets_are_of_what_is_measured() -> None:
    """Targets have existing figures and peers, and each target is unique."""
    assert {target.figure for target in TARGETS} <= set(FIGURES)
    assert {target.peer for target in TARGETS} <= {None, *(peer.name for peer in PEERS)}
    assert len(TARGETS) == len({(target.figure, target.peer) for target in TARGETS})


def test_at_most() -> None:
    """Less than the limit is reached."""
    found = outcome(figures.P99_HALF, UVICORN)

    assert (1.0, 1.5) == (found.ours, found.theirs)
    assert pytest.approx(1.0) == found.found
    assert found.reached


def test_at_least() -> None:
    """More than the limit is reached."""
    found = outcome(figures.RATE, FUNC_PYTHON)

    assert 9.0 == found.found
    assert found.reached


def test_exactly() -> None:
    """The limit itself reaches the target."""
    rounds = [{figures.CPU.name: {OURS: 65.0, UVICORN: 100.0}}]
    (found,) = outcomes(TARGETS, sample.result(rounds))

    assert found.reached


@pytest.mark.parametrize(
    ("figure", "values", "missed_by"),
    [
        (figures.CPU, {OURS: 78.0, UVICORN: 100.0}, 0.2),
        (figures.RATE, {OURS: 100.0, UVICORN: 100.0}, 0.2),
        (figures.CONTRACT, {OURS: 1.5}, 0.5),
    ],
    ids=["at most", "at least", "without a peer"],
)
def test_missed(figure: Figure, values: dict[str, float], missed_by: float) -> None:
    """The distance is a part of the limit."""
    (found,) = outcomes(TARGETS, sample.result([{figure.name: values}]))

    assert not found.reached
    assert pytest.approx(missed_by) == found.missed_by


def test_not_measured() -> None:
    """A target without its figure has no outcome."""
    assert [] == outcomes(TARGETS, sample.result([{figures.CPU.name: {UVICORN: 30.0}}]))
