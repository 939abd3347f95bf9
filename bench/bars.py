"""Draws panels with a bar for each peer, as SVG. Writes no file."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bench import tables
from bench.rounds import Figure, Rounds

# Lengths in pixels. A panel has a title, and a row for each peer: name, bar, value.
_COLUMNS = 2
_WIDTH, _GAP = 460, 24
_TITLE, _ROW, _BAR = 34, 22, 14
_NAME, _VALUE = 130, 70
_FONT = "system-ui, 'DejaVu Sans', sans-serif"
_OURS, _PEER, _TEXT, _PALE, _PAPER = "#2463a8", "#b8c0c8", "#1c2024", "#68707a", "#ffffff"

# For text that ends at its position.
_END = {"text-anchor": "end"}
_BOLD = {"font-weight": "600"}


@dataclass(frozen=True)
class Panel:
    """A figure, whether less or more is better, and the median of each peer that has one."""

    figure: Figure
    better: str
    bars: Sequence[tuple[str, float]]


def panels(
    found: Rounds, peers: Sequence[str], wanted: Sequence[tuple[Figure, str]]
) -> list[Panel]:
    """Return the panels for figures. A figure without a value of ours has none."""
    made = []
    for figure, better in wanted:
        medians = [(peer, found.median(figure, peer)) for peer in peers]
        bars = [(peer, value) for peer, value in medians if value is not None]
        if found.ours in dict(bars):
            made.append(Panel(figure, better, bars))
    return made


def draw(shown: Sequence[Panel], ours: str) -> str:
    """Return the picture. Our bars have another colour."""
    longest = max((len(panel.bars) for panel in shown), default=0)
    height = _TITLE + _ROW * longest + _GAP
    rows = -(-len(shown) // _COLUMNS)
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
    for position, panel in enumerate(shown):
        x = _GAP + position % _COLUMNS * (_WIDTH + _GAP)
        y = _GAP + position // _COLUMNS * height
        _draw(SubElement(svg, "g", {"transform": f"translate({x} {y})"}), panel, ours)
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _draw(group: Element, panel: Panel, ours: str) -> None:
    _text(group, tables.name(panel.figure), 0, 14, **_BOLD)
    _text(group, panel.better, _WIDTH, 14, fill=_PALE, **_END)
    longest = max(value for _, value in panel.bars)
    room = _WIDTH - _NAME - _VALUE
    for row, (peer, value) in enumerate(panel.bars):
        y = _TITLE + row * _ROW
        _text(group, peer, _NAME - 8, y, **_END)
        length = value / longest * room
        fill = _OURS if peer == ours else _PEER
        bar = {"x": f"{_NAME}", "y": f"{y - _BAR + 3}", "width": f"{length:.1f}"}
        SubElement(group, "rect", {**bar, "height": f"{_BAR}", "rx": "2", "fill": fill})
        _text(group, tables.number(value, panel.figure), _NAME + length + 6, y)


def _text(parent: Element, text: str, x: float, y: float, **look: str) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y}", "fill": _TEXT}
    SubElement(parent, "text", place | look).text = text
