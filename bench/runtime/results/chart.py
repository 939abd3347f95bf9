"""A result as a picture."""

from bench import bars
from bench.runtime.results import figures
from bench.runtime.results.result import Result

_LESS, _MORE = "less is better", "more is better"
_PANELS = (
    (figures.CPU, _LESS),
    (figures.RATE, _MORE),
    (figures.START, _LESS),
    (figures.RESIDENT, _LESS),
    (figures.BINARY, _MORE),
    (figures.P99_HALF, _LESS),
)


def draw(result: Result) -> str:
    """Return the picture of the figures. A figure without a value of ours has no panel."""
    return bars.draw(bars.panels(result, tuple(result.peers), _PANELS), result.ours)
