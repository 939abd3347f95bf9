"""The result that is kept: docs/benchmarks."""

from bench.images.results import chart, report, result
from bench.images.results.figures import FIGURES, OURS
from bench.runtime.peers import ROOT

FOLDER = ROOT / "docs" / "benchmarks"
KEPT = result.read((FOLDER / "images.json").read_text(encoding="utf-8"))


def test_whole_run() -> None:
    """What is kept has several rounds and all figures."""
    assert len(KEPT.rounds) >= 3
    assert [] == [figure.name for figure in FIGURES if KEPT.median(figure, OURS) is None]


def test_shown_as_it_is() -> None:
    """Table and chart show the result, by the present targets; `--again` writes them again."""
    shown = report.render(KEPT, chart="images.svg")

    assert shown == (FOLDER / "images.md").read_text(encoding="utf-8")
    assert chart.draw(KEPT) == (FOLDER / "images.svg").read_text(encoding="utf-8")
