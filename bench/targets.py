"""Targets of a measurement, and whether it reaches them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bench.rounds import Figure, Rounds


class Bound(StrEnum):
    """Whether the figure must be below or above the limit."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True)
class Target:
    """A limit for the ratio of a figure to the peer's, or without a peer for the figure itself.

    To miss a target that is only an `aim` is not a failure.
    """

    figure: Figure
    limit: float
    peer: str | None = None
    bound: Bound = Bound.AT_MOST
    aim: bool = False


@dataclass(frozen=True)
class Outcome:
    """The outcome of a target. `found` is compared with the limit: a ratio, or our figure."""

    target: Target
    ours: float
    theirs: float | None
    found: float

    @property
    def reached(self) -> bool:
        """Whether the target is reached."""
        return self.missed_by == 0

    @property
    def missed_by(self) -> float:
        """The distance to the limit, as a part of the limit. 0 if the target is reached."""
        limit = self.target.limit
        beyond = self.found - limit if self.target.bound is Bound.AT_MOST else limit - self.found
        return max(0.0, beyond / limit)


def outcomes(targets: Iterable[Target], result: Rounds) -> list[Outcome]:
    """Compare a result with all targets for figures that it has."""
    return [found for target in targets if (found := _outcome(target, result))]


def _outcome(target: Target, result: Rounds) -> Outcome | None:
    ours = result.median(target.figure, result.ours)
    if target.peer is None:
        return None if ours is None else Outcome(target, ours, None, ours)
    theirs = result.median(target.figure, target.peer)
    ratio = result.ratio(target.figure, target.peer)
    if ours is None or theirs is None or ratio is None:
        return None
    return Outcome(target, ours, theirs, ratio)
