"""A result in words and tables: Markdown that reads well as plain text. Writes no file."""

from collections.abc import Sequence

from bench import reports
from bench.platform.results.figures import FIGURES, WAKE
from bench.platform.results.result import Result
from bench.platform.results.targets import TARGETS


def render(result: Result, chart: str | None = None, others: Sequence[Result] = ()) -> str:
    """Return the report.

    :param chart: the file name of a picture to show
    :param others: the results on other machines
    """
    facts = {
        "Generated": f"by `make bench-platform`, {result.taken}",
        "Machine": f"{result.machine}; Kubernetes and Knative run on it as well",
        "Versions": ", ".join(f"{name}: {version}" for name, version in result.tools.items()),
        "Rounds": f"{len(result.rounds)}, each with both peers in turn",
    }
    sections = {
        "Targets": reports.reached(TARGETS, result),
        **reports.elsewhere(TARGETS, others),
        "All figures": reports.medians(result, FIGURES, tuple(result.peers)),
        "What was measured": reports.notes(result.peers.items()),
        "How": reports.method(FIGURES),
    }
    doubtful = reports.doubts(result, result.machine, (WAKE,))
    return reports.page("A function on Knative", facts, doubtful, chart, sections)
