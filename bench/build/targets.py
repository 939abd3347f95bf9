"""What a build has to reach, and whether a result shows it. All limits are upper ones."""

from dataclasses import dataclass

from bench.build import figures
from bench.build.figures import OURS, PIP, UV, Figure
from bench.build.result import Result


@dataclass(frozen=True)
class Target:
    """A limit for a figure, as a multiple of the peer's; of the figure itself without a peer."""

    figure: Figure
    limit: float
    peer: str | None = None


TARGETS = (
    Target(figures.COLD, 0.45, PIP),
    Target(figures.COLD, 1.0, UV),
    Target(figures.OVER_FLOOR, 0.5),
    Target(figures.START, 0.7, PIP),
    Target(figures.ONE_MORE_RATIO, 0.3),
    Target(figures.ONE_MORE_FETCHED, 1),
    # Twice the packages, twice the time: within what a busy machine adds.
    Target(figures.LINEAR, 1.25),
    Target(figures.DETECT, 50),
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
        return self.found <= self.target.limit


def outcomes(result: Result) -> list[Outcome]:
    """Compare a result with all targets whose figures it has."""
    return [found for target in TARGETS if (found := _outcome(target, result))]


def _outcome(target: Target, result: Result) -> Outcome | None:
    ours = result.median(target.figure, OURS)
    if ours is None:
        return None
    if target.peer is None:
        return Outcome(target, ours, None, ours)
    theirs = result.median(target.figure, target.peer)
    ratio = result.ratio(target.figure, target.peer)
    return None if theirs is None or ratio is None else Outcome(target, ours, theirs, ratio)
