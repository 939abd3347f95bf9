"""A result: its medians, its targets, and how both are shown."""

import json
from xml.etree import ElementTree as ET

import pytest
from bench.build.results import chart, report, result
from bench.build.results.figures import COLD, DETECT, OURS, OVER_FLOOR, PIP, UV
from bench.build.results.result import Result
from bench.build.results.targets import TARGETS
from bench.machine import Machine
from bench.rounds import Round
from bench.targets import outcomes

QUIET = Machine("a processor", 2, 8000, "Linux", 0.0)


def sample(*rounds: Round, load: float = 0.0) -> Result:
    """Return a result of these rounds."""
    machine = Machine(QUIET.processor, QUIET.cores, QUIET.memory_mb, QUIET.system, load)
    peers = {OURS: "ours", PIP: "pip's", UV: "uv's"}
    return Result("2026-01-01T00:00:00+00:00", machine, {"uv": "uv 1"}, peers, list(rounds))


def cold(ours: float, pip: float) -> Round:
    """Return a round of cold builds."""
    return {COLD.name: {OURS: ours, PIP: pip}}


def test_ratio() -> None:
    """A ratio is the median of the rounds' ratios, not the ratio of the medians."""
    found = sample(cold(1, 2), cold(2, 10), cold(9, 10))

    assert 0.5 == found.ratio(COLD, PIP)
    assert 2 == found.median(COLD, OURS)
    assert None is found.ratio(COLD, UV)
    assert None is found.median(DETECT, OURS)


def test_spread() -> None:
    """The spread is a part of the median; one round has none."""
    assert 0.5 == sample(cold(3, 9), cold(4, 9), cold(5, 9)).spread(COLD, OURS)
    assert None is sample(cold(3, 9)).spread(COLD, OURS)


@pytest.mark.parametrize(("ours", "reached"), [(0.4, True), (0.41, False)])
def test_outcomes_beside_a_peer(ours: float, reached: bool) -> None:
    """A limit relative to a peer is a multiple of the peer's value."""
    (outcome,) = outcomes(TARGETS, sample(cold(ours, 1)))

    assert reached is outcome.reached
    assert ours == outcome.found


def test_outcomes_alone() -> None:
    """Without a peer, the limit is for the figure itself. A missing figure has no outcome."""
    found = outcomes(TARGETS, sample({OVER_FLOOR.name: {OURS: 0.6}, DETECT.name: {OURS: 49}}))

    assert [(OVER_FLOOR, False), (DETECT, True)] == [(o.target.figure, o.reached) for o in found]


def test_write() -> None:
    """The document has the rounds and the medians."""
    document = json.loads(result.write(sample(cold(1.23456, 2), cold(3, 4))))

    assert 1.2346 == document["rounds"][0]["cold_s"][OURS]
    assert {"cold_s": {OURS: 2.1173, PIP: 3}} == document["medians"]


def test_kept() -> None:
    """A written result can be read again."""
    taken = sample(cold(1, 2), cold(3, 4))

    assert taken == result.read(result.write(taken))


def words(text: str, start: str) -> list[str]:
    """Return the cells of the first row that starts so."""
    row = next(line for line in text.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_render() -> None:
    """The report has each target with its outcome, and the reasons to doubt the figures."""
    noisy = report.render(sample(cold(1, 4), cold(2, 4), load=2.0), chart="build.svg")
    quiet = report.render(sample(cold(1, 4), cold(1, 4)))

    assert ["0.38", "≤ 0.4", "yes"] == words(noisy, "Cold build")[-3:]
    assert "![A build and its peers](build.svg)" in noisy
    assert "load average before the run 2.0; rounds differ a lot in Cold build" in noisy
    assert "Doubtful" not in quiet
    assert "a single round" in report.render(sample(cold(1, 4)))


def test_draw() -> None:
    """The picture has a bar for each value. A missing value has none."""
    svg = ET.fromstring(chart.draw(sample(cold(1, 4))))

    bars = [item for item in svg.iter() if item.tag.endswith("rect") and "rx" in item.attrib]
    assert 2 == len(bars)
    first, second = (float(bar.attrib["width"]) for bar in bars)
    assert second == pytest.approx(4 * first, abs=0.5)
