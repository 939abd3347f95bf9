"""A result as a picture: one panel of bars a figure, as SVG. Writes no file."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench.build import figures
from bench.build.figures import OURS, Figure
from bench.build.report import number
from bench.build.result import Result

_PANELS = (figures.COLD, figures.REBUILD)

# Lengths in pixels. A panel is a title, then a row a peer: name, bar, value.
_WIDTH, _GAP = 460, 24
_TITLE, _ROW, _BAR = 34, 22, 14
_NAME, _VALUE = 130, 70
_FONT = "system-ui, 'DejaVu Sans', sans-serif"
_OURS, _PEER, _TEXT, _PALE, _PAPER = "#2463a8", "#b8c0c8", "#1c2024", "#68707a", "#ffffff"

# Of text that ends where it is placed.
_END = {"text-anchor": "end"}
_BOLD = {"font-weight": "600"}


def draw(result: Result) -> str:
    """Return the picture of what was measured."""
    height = _TITLE + _ROW * len(result.peers) + _GAP
    width = _GAP + (_WIDTH + _GAP) * len(_PANELS)
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {_GAP + height}",
            "font-family": _FONT,
            "font-size": "12",
        },
    )
    SubElement(svg, "rect", {"width": "100%", "height": "100%", "fill": _PAPER})
    for column, figure in enumerate(_PANELS):
        x = _GAP + column * (_WIDTH + _GAP)
        panel = SubElement(svg, "g", {"transform": f"translate({x} {_GAP})"})
        medians = [(peer, result.median(figure, peer)) for peer in result.peers]
        _panel(panel, figure, [(peer, value) for peer, value in medians if value is not None])
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _panel(panel: Element, figure: Figure, bars: Sequence[tuple[str, float]]) -> None:
    _text(panel, f"{figure.title}, {figure.unit}", 0, 14, **_BOLD)
    _text(panel, "less is better", _WIDTH, 14, fill=_PALE, **_END)
    longest = max((value for _, value in bars), default=0)
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
