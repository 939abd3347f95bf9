"""The results that are kept: docs/benchmarks."""

from bench.runtime.peers import ROOT
from bench.runtime.results import chart, report, result

FOLDER = ROOT / "docs" / "benchmarks"
KEPT = result.read((FOLDER / "runtime.json").read_text(encoding="utf-8"))


def test_whole_run() -> None:
    """What is kept was not a quick run, and no part of one."""
    assert len(KEPT.rounds) >= 3
    assert {"cpu_us", "start_ms", "binary_events_per_s", "growth", "contract_us"} <= set(
        KEPT.rounds[-1]
    )


def test_shown_as_it_is() -> None:
    """Table and chart show the result, by the present targets; `--again` writes them again."""
    shown = report.render(KEPT, chart="runtime.svg")

    assert shown == (FOLDER / "runtime.md").read_text(encoding="utf-8")
    assert chart.draw(KEPT) == (FOLDER / "runtime.svg").read_text(encoding="utf-8")
