"""A result in words and tables: Markdown that reads well as plain text. Writes no file."""

from collections.abc import Sequence

from bench import reports
from bench.runtime.peers import FUNC_PYTHON, OURS, UVICORN
from bench.runtime.results import figures
from bench.runtime.results.figures import FIGURES, Part
from bench.runtime.results.result import Plan, Result
from bench.runtime.results.targets import TARGETS

# If a server used less of its core, something else has limited its rate.
_WAITED = 0.9


def render(result: Result, chart: str | None = None, others: Sequence[Result] = ()) -> str:
    """Return the report.

    :param chart: the file name of a picture to show
    :param others: the results on other machines
    """
    plan = result.plan
    facts = {
        "Generated": f"by `make bench-runtime`, {result.taken}",
        "Machine": str(result.machine),
        "Interpreter": result.python,
        "Load": f"{result.load_tool} on the same machine, {plan.seconds} s each",
        "Rounds": f"{plan.rounds}, each with all peers in turn. All serve the same function, as "
        "one process with its best settings. Compare only the ratios with other machines",
    }
    sections = {
        "Targets": reports.reached(TARGETS, result),
        **reports.elsewhere(TARGETS, others),
        "All figures": reports.medians(result, FIGURES, tuple(result.peers)),
        "What was measured": _peers(result),
        "How": _method(plan),
    }
    doubtful = reports.doubts(result, result.machine, FIGURES, _waited(result))
    return reports.page("The runtime and its peers", facts, doubtful, chart, sections)


def _waited(result: Result) -> list[str]:
    waited = [
        f"{peer} ({busy:.2f} cores)"
        for peer in (OURS, UVICORN, FUNC_PYTHON)
        if (busy := result.median(figures.BUSY, peer)) is not None and busy < _WAITED
    ]
    return [f"rates at full load of servers that waited: {', '.join(waited)}"] if waited else []


def _peers(result: Result) -> str:
    return "\n".join(
        f"- **{name}**: {peer.note}{_packages(peer.packages)}"
        for name, peer in result.peers.items()
    )


def _packages(packages: dict[str, str]) -> str:
    """Return the versions, in brackets."""
    named = ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))
    return f" ({named})" if named else ""


def _method(plan: Plan) -> str:
    method = reports.method(figure for figure in FIGURES if figure.part in plan.parts)
    if Part.START in plan.parts:
        return f"{method}\n- Each round has {plan.starts} starts. Its figure is their median."
    return method
