"""A result as a picture."""

from xml.etree import ElementTree as ET

from bench.runtime.results import chart

from unit.bench.runtime import sample

SVG = "{http://www.w3.org/2000/svg}"


def panels() -> list[ET.Element]:
    """Return the panels of the sample's picture."""
    return ET.fromstring(chart.draw(sample.result())).findall(f"{SVG}g")


def test_panels() -> None:
    """There is a panel for each figure that was measured, with a bar for each peer that has it."""
    texts = [[text.text for text in panel.iter(f"{SVG}text")] for panel in panels()]

    assert [
        ["CPU time per request, µs", "less is better"],
        ["Requests per second, 1/s", "more is better"],
        ["p99 latency at half of raw uvicorn's peak, ms", "less is better"],
    ] == [found[:2] for found in texts]
    assert ["func_runtime", "1.00", "uvicorn", "1.50"] == texts[2][2:]


def test_bars() -> None:
    """The length of a bar is proportional to its value."""
    lengths = [float(bar.attrib["width"]) for bar in panels()[1].iter(f"{SVG}rect")]

    assert [1.0, 0.65, 0.11] == [round(length / lengths[0], 2) for length in lengths]
