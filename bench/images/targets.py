"""What the images have to reach, and whether a result shows it. All limits are upper ones."""

from dataclasses import dataclass

from bench.build.figures import Figure
from bench.images import figures
from bench.images.figures import DEBIAN, OURS
from bench.images.result import Result


@dataclass(frozen=True)
class Target:
    """A limit for a figure, as a multiple of the peer's; of the figure itself without a peer."""

    figure: Figure
    limit: float
    peer: str | None = None


TARGETS = (
    Target(figures.UNCOMPRESSED, 60),
    Target(figures.COMPRESSED, 22),
    Target(figures.WHOLE, 75),
    Target(figures.ADDED, 200),
    Target(figures.START, 0.7, DEBIAN),
)


@dataclass(frozen=True)
class Outcome:
    """What a result says of a target. `found` is what the limit is for: a ratio, or our figure."""

    target: Target
    ours: float
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
    found = ours if target.peer is None else result.ratio(target.figure, target.peer)
    return None if ours is None or found is None else Outcome(target, ours, found)
