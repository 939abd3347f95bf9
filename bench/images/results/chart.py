"""A result as a picture."""

from bench import bars
from bench.images.results import figures
from bench.images.results.result import Result

_LESS = "less is better"
_PANELS = (
    (figures.UNCOMPRESSED, _LESS),
    (figures.COMPRESSED, _LESS),
    (figures.WHOLE, _LESS),
    (figures.START, _LESS),
)


def draw(result: Result) -> str:
    """Return the picture of the figures."""
    return bars.draw(bars.panels(result, tuple(result.images), _PANELS), result.ours)
