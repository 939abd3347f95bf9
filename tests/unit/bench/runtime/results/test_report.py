"""A result in words and tables."""

from bench import tables
from bench.runtime.peers import OURS, UVICORN
from bench.runtime.results import figures, report

from unit.bench.runtime import sample


def lines(text: str, start: str) -> list[str]:
    """Return the lines with this start, without the blanks that align columns."""
    return [" ".join(line.split()) for line in text.splitlines() if line.startswith(start)]


def test_table() -> None:
    """Columns are aligned, so that the text is readable."""
    assert (
        "| figure |    a |\n| ------ | ---: |\n| x      | 1.25 |\n| longer |    2 |"
    ) == tables.table(("figure", "a"), [("x", "1.25"), ("longer", "2")])


def test_targets() -> None:
    """A target has both figures, their ratio, and the distance to the limit."""
    rounds = [{figures.CPU.name: {OURS: 90.0, UVICORN: 100.0}, figures.CONTRACT.name: {OURS: 0.5}}]
    text = report.render(sample.result(rounds))

    assert [
        "| CPU time per request, µs | 90.0 | 100.0 | uvicorn | 0.90 | ≤ 0.65 | no, by 38.5% |",
        "| CPU time per request, µs | 90.0 | 100.0 | - | - |",
    ] == lines(text, "| CPU")
    assert "| What the contract adds to a request, µs | 0.50 | - | | - | ≤ 1 | yes |" in lines(
        text, "| What"
    )
    assert "1 of 2 reached, 15 not measured." in text


def test_figures() -> None:
    """The report has all figures of all peers, and the spread of the rounds."""
    text = report.render(sample.result())

    assert "| Requests per second, 1/s | 40 000 | 26 000 | 4 500 | 0% |" in lines(text, "| Req")
    assert "Process start" not in text


def test_facts() -> None:
    """Machine, interpreter, load tool and versions are named."""
    text = report.render(sample.result(), chart="runtime.svg")

    assert "2 cores of A processor, 8 GB, Linux 6 x86_64" in text
    assert "Python 3.13.5 (main)" in text
    assert "wrk 4.1.0" in text
    assert "- **uvicorn**: another (httptools 0.9.0, uvicorn 0.54.0)" in text
    assert "](runtime.svg)" in text


def test_doubts() -> None:
    """A busy machine, a single round and different rounds are reasons for doubt."""
    busy = report.render(sample.result(sample.ROUNDS[:1], load=1.5))
    apart = report.render(sample.result())

    assert ["Doubtful: load average before the run 1.5; a single round."] == lines(busy, "Doubtful")
    assert [f"Doubtful: rounds differ a lot in {figures.CONTRACT.title} (± 27%)."] == lines(
        apart, "Doubtful"
    )


def test_doubts_about_rates() -> None:
    """A rate is doubtful if the server did not use its core."""
    rounds = [{figures.BUSY.name: {OURS: 0.99, UVICORN: 0.6}}] * 2

    assert ["Doubtful: rates at full load of servers that waited: uvicorn (0.60 cores)."] == lines(
        report.render(sample.result(rounds)), "Doubtful"
    )


def test_no_doubts() -> None:
    """Similar rounds on an idle machine are no reason for doubt."""
    rounds = [{figures.CPU.name: {OURS: 20.0}}] * 2

    assert "Doubtful" not in report.render(sample.result(rounds))
    assert "No figure with a target was measured." in report.render(sample.result(rounds))
