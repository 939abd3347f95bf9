"""What func_runtime has to reach, and whether a result shows it."""

from dataclasses import dataclass
from enum import StrEnum

from bench.runtime import figures
from bench.runtime.figures import Figure
from bench.runtime.peers import ASYNCIO, FUNC_PYTHON, GRANIAN, OURS, UVICORN
from bench.runtime.result import Result


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
    bound: Bound
    limit: float
    peer: str | None = None
    aim: bool = False


TARGETS = (
    Target(figures.CPU, Bound.AT_MOST, 0.75, UVICORN),
    Target(figures.CPU, Bound.AT_MOST, 0.8, GRANIAN),
    Target(figures.CPU, Bound.AT_MOST, 0.1, FUNC_PYTHON),
    Target(figures.RATE, Bound.AT_LEAST, 1.25, UVICORN),
    Target(figures.RATE, Bound.AT_LEAST, 8, FUNC_PYTHON),
    Target(figures.P99_HALF, Bound.AT_MOST, 1.1, UVICORN),
    Target(figures.BINARY, Bound.AT_LEAST, 5, FUNC_PYTHON),
    Target(figures.STRUCTURED, Bound.AT_LEAST, 4, FUNC_PYTHON),
    Target(figures.START, Bound.AT_MOST, 0.65, FUNC_PYTHON),
    Target(figures.START, Bound.AT_MOST, 1.35, ASYNCIO),
    Target(figures.START_EVENT, Bound.AT_MOST, 0.75, FUNC_PYTHON),
    Target(figures.RESIDENT, Bound.AT_MOST, 1, UVICORN),
    Target(figures.RESIDENT, Bound.AT_MOST, 1, FUNC_PYTHON, aim=True),
    # Flat: what an allocator keeps of a first burst is no growth, a page for each 50 requests is.
    Target(figures.GROWTH, Bound.AT_MOST, 1.02),
    Target(figures.CONTRACT, Bound.AT_MOST, 1),
)


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


def outcomes(result: Result) -> list[Outcome]:
    """Compare a result with all targets whose figures it has."""
    return [found for target in TARGETS if (found := _outcome(target, result))]


def _outcome(target: Target, result: Result) -> Outcome | None:
    ours = result.median(target.figure, OURS)
    if target.peer is None:
        return None if ours is None else Outcome(target, ours, None, ours)
    theirs = result.median(target.figure, target.peer)
    ratio = result.ratio(target.figure, target.peer)
    if ours is None or theirs is None or ratio is None:
        return None
    return Outcome(target, ours, theirs, ratio)
