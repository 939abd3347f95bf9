"""What a measurement has to reach, and whether its rounds show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bench.rounds import Figure, Rounds


class Bound(StrEnum):
    """On which side of the limit the target is."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


@dataclass(frozen=True)
class Target:
    """A limit for a figure, as a multiple of the peer's; of the figure itself without a peer.

    An aim is worth knowing, and no failure where it is missed.
    """

    figure: Figure
    limit: float
    peer: str | None = None
    bound: Bound = Bound.AT_MOST
    aim: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a result says of a target. `found` is what the limit is for: a ratio, or our figure."""

    target: Target
    ours: float
    theirs: float | None
    found: float

    @property
    def reached(self) -> bool:
        """Whether the limit is kept."""
        return self.missed_by == 0

    @property
    def missed_by(self) -> float:
        """How far the figure is beyond the limit, as a part of the limit; 0 where it is kept."""
        limit = self.target.limit
        beyond = self.found - limit if self.target.bound is Bound.AT_MOST else limit - self.found
        return max(0.0, beyond / limit)


def outcomes(targets: Iterable[Target], result: Rounds) -> list[Outcome]:
    """Compare a result with all targets whose figures it has."""
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
