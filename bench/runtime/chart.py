"""A result as a picture: one panel of bars a figure, as SVG. Writes no file."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench.runtime import figures
from bench.runtime.figures import Figure
from bench.runtime.peers import OURS
from bench.runtime.report import number
from bench.runtime.result import Result

_LESS, _MORE = "less is better", "more is better"
_PANELS = (
    (figures.CPU, _LESS),
    (figures.RATE, _MORE),
    (figures.START, _LESS),
    (figures.RESIDENT, _LESS),
    (figures.BINARY, _MORE),
    (figures.P99_HALF, _LESS),
)

# Lengths in pixels. A panel is a title, then a row a peer: name, bar, value.
_COLUMNS = 2
_WIDTH, _GAP = 460, 24
_TITLE, _ROW, _BAR = 34, 22, 14
_NAME, _VALUE = 130, 70
_FONT = "system-ui, 'DejaVu Sans', sans-serif"
_OURS, _PEER, _TEXT, _PALE, _PAPER = "#2463a8", "#b8c0c8", "#1c2024", "#68707a", "#ffffff"

# Of text that ends where it is placed.
_END = {"text-anchor": "end"}
_BOLD = {"font-weight": "600"}

_Bars = Sequence[tuple[str, float]]


def draw(result: Result) -> str:
    """Return the picture of what was measured; a panel without a value of ours is left out."""
    panels = [
        (figure, better, bars)
        for figure, better in _PANELS
        if OURS in dict(bars := _bars(result, figure))
    ]
    height = _TITLE + _ROW * len(result.peers) + _GAP
    rows = -(-len(panels) // _COLUMNS)
    width = _GAP + (_WIDTH + _GAP) * _COLUMNS
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {_GAP + height * rows}",
            "font-family": _FONT,
            "font-size": "12",
        },
    )
    SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": _PAPER})
    for position, (figure, better, bars) in enumerate(panels):
        x = _GAP + position % _COLUMNS * (_WIDTH + _GAP)
        y = _GAP + position // _COLUMNS * height
        panel = SubElement(svg, "g", {"transform": f"translate({x} {y})"})
        _panel(panel, figure, better, bars)
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _bars(result: Result, figure: Figure) -> _Bars:
    medians = [(peer, result.median(figure, peer)) for peer in result.peers]
    return [(peer, value) for peer, value in medians if value is not None]


def _panel(panel: Element, figure: Figure, better: str, bars: _Bars) -> None:
    _text(panel, f"{figure.title}, {figure.unit}", 0, 14, **_BOLD)
    _text(panel, better, _WIDTH, 14, fill=_PALE, **_END)
    longest = max(value for _, value in bars)
    room = _WIDTH - _NAME - _VALUE
    for row, (peer, value) in enumerate(bars):
        y = _TITLE + row * _ROW
        _text(panel, peer, _NAME - 8, y, **_END)
        length = value / longest * room
        fill = _OURS if peer == OURS else _PEER
        bar = {"x": f"{_NAME}", "y": f"{y - _BAR + 3}", "width": f"{length:.1f}"}
        SubElement(panel, "rect", {**bar, "height": f"{_BAR}", "rx": "2", "fill": fill})
        _text(panel, number(value, figure), _NAME + length + 6, y)


def _text(parent: Element, text: str, x: float, y: float, **look: str) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y}", "fill": _TEXT}
    SubElement(parent, "text", place | look).text = text
