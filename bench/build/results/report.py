"""A result in words and tables: Markdown that reads well as plain text. Writes no file."""

from collections.abc import Sequence

from bench import reports
from bench.build.results.figures import FIGURES
from bench.build.results.result import Result
from bench.build.results.targets import TARGETS


def render(result: Result, chart: str | None = None, others: Sequence[Result] = ()) -> str:
    """Return the report.

    :param chart: the file name of a picture to show
    :param others: the results on other machines
    """
    facts = {
        "Generated": f"by `make bench-build`, {result.taken}",
        "Machine": str(result.machine),
        "Versions": ", ".join(f"{name}: {version}" for name, version in result.tools.items()),
        "Rounds": f"{len(result.rounds)}, each with all peers in turn. Compare only the ratios "
        "with other machines and networks",
    }
    sections = {
        "Targets": reports.reached(TARGETS, result),
        **reports.elsewhere(TARGETS, others),
        "All figures": reports.medians(result, FIGURES, tuple(result.peers)),
        "What was measured": reports.notes(result.peers.items()),
        "How": reports.method(FIGURES),
    }
    doubtful = reports.doubts(result, result.machine, FIGURES)
    return reports.page("A build and its peers", facts, doubtful, chart, sections)
