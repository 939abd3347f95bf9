"""A result as a picture."""

from bench import bars
from bench.build.results import figures
from bench.build.results.result import Result

_LESS = "less is better"
_PANELS = ((figures.COLD, _LESS), (figures.REBUILD, _LESS), (figures.START, _LESS))


def draw(result: Result) -> str:
    """Return the picture of the figures."""
    return bars.draw(bars.panels(result, tuple(result.peers), _PANELS), result.ours)
