"""A result: its targets, how it is kept, and how it is shown."""

import json
from xml.etree import ElementTree as ET

import pytest
from bench.images.results import chart, report, result
from bench.images.results.figures import ADDED, COMPRESSED, DEBIAN, OURS, START, UNCOMPRESSED
from bench.images.results.result import About, Result
from bench.images.results.targets import TARGETS
from bench.machine import Machine
from bench.rounds import Round
from bench.targets import outcomes

IMAGES = {OURS: About("ours", shell=False, bytecode="unchecked"), DEBIAN: About("it", True, "none")}


def sample(*rounds: Round, load: float = 0.0) -> Result:
    """Return a result of these rounds."""
    machine = Machine("a processor", 2, 8000, "Linux", load)
    tools = {"docker": "20"}
    return Result("2026-01-01T00:00:00+00:00", machine, tools, IMAGES, list(rounds))


def starts(ours: float, theirs: float) -> Round:
    """Return a round of starts."""
    return {START.name: {OURS: ours, DEBIAN: theirs}}


@pytest.mark.parametrize(("added", "reached"), [(200, True), (200.1, False)])
def test_target_alone(added: float, reached: bool) -> None:
    """Without a peer, the limit is for the figure itself. A missing figure has no outcome."""
    (outcome,) = outcomes(TARGETS, sample({ADDED.name: {OURS: added}}))

    assert (ADDED, added, reached) == (outcome.target.figure, outcome.ours, outcome.reached)


@pytest.mark.parametrize(("ours", "reached"), [(0.06, True), (0.08, False)])
def test_target_beside_debian(ours: float, reached: bool) -> None:
    """A start is compared with the one on Debian, in each round."""
    (outcome,) = outcomes(TARGETS, sample(starts(ours, 0.1), starts(ours * 2, 0.2)))

    assert reached is outcome.reached
    assert ours / 0.1 == pytest.approx(outcome.found)


def test_kept() -> None:
    """A written result can be read again, with two digits more than a report shows."""
    taken = sample({COMPRESSED.name: {OURS: 17.45678}}, starts(0.05, 0.1))

    kept = result.read(result.write(taken))

    assert {COMPRESSED.name: {OURS: 17.457}} == kept.rounds[0]
    assert (taken.images, taken.machine) == (kept.images, kept.machine)
    assert 0.05 == json.loads(result.write(taken))["medians"][START.name][OURS]


def test_other_format() -> None:
    """A document of another format is refused."""
    with pytest.raises(ValueError, match="not a result of format 1"):
        result.read('{"format": 0}')


def words(text: str, start: str) -> list[list[str]]:
    """Return the cells of the rows that start so."""
    rows = [line for line in text.splitlines() if line.startswith(f"| {start}")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_render() -> None:
    """The report has each target with its outcome, and each image with what is in it."""
    facts = {UNCOMPRESSED.name: {OURS: 47.44, DEBIAN: 128.4}}

    text = report.render(sample(facts | starts(0.05, 0.1), starts(0.05, 0.1)), chart="images.svg")

    assert ["Uncompressed, MB", "47.4", "-", "", "-", "≤ 60", "yes"] in words(text, "Uncompressed")
    assert ["0.050", "0.100", "Debian", "0.50", "≤ 0.6", "yes"] == words(text, "Container start")[
        0
    ][1:]
    images, functions = words(text, "Debian")
    assert ["128.4", "yes", "none"] == [images[1], *images[-2:]]
    assert "0.100" == functions[-1]
    assert "![The run images and Debian's Python](images.svg)" in text
    assert "Doubtful" not in text


def test_doubts() -> None:
    """The report has the reasons to doubt its times."""
    assert "Doubtful: a single round." in report.render(sample(starts(1, 1)))
    noisy = report.render(sample(starts(1, 4), starts(2, 4), load=2))
    assert "load average before the run 2.0; rounds differ a lot in Container start" in noisy


def test_draw() -> None:
    """The picture has a bar for each value. A missing value has none."""
    svg = ET.fromstring(chart.draw(sample(starts(1, 4))))

    bars = [item for item in svg.iter() if item.tag.endswith("rect") and "rx" in item.attrib]
    assert 2 == len(bars)
