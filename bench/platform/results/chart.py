"""A result as a picture."""

from bench import bars
from bench.platform.results import figures
from bench.platform.results.result import Result

_LESS = "less is better"
_PANELS = tuple(
    (figure, _LESS) for figure in (figures.WAKE, figures.NEXT_BYTES, figures.MEMORY, figures.P99)
)


def draw(result: Result) -> str:
    """Return the picture of the figures."""
    return bars.draw(bars.panels(result, tuple(result.peers), _PANELS), result.ours)
