"""A result in words and tables: Markdown that reads well as plain text. Writes no file."""

from collections.abc import Sequence

from bench.runtime import figures
from bench.runtime.figures import FIGURES, Part
from bench.runtime.peers import FUNC_PYTHON, OURS, UVICORN
from bench.runtime.result import Result
from bench.runtime.targets import TARGETS, Outcome, outcomes
from bench.tables import NONE, name, number, table

# Rounds of ours that are further apart say that something else was at work on the machine.
_NOISY = 0.15
# The rate of a server that used less of its core was not decided by the server.
_WAITED = 0.9
# A load average beyond this share of a core was somebody else's.
_LOADED = 0.3


def render(result: Result, chart: str | None = None) -> str:
    """Return the report; `chart` is the file name of a picture to show."""
    parts = [
        "# The runtime beside its peers",
        _about(result),
        *_doubts(result),
        *([f"![The runtime beside its peers]({chart})"] if chart else []),
        "## Targets",
        _targets(outcomes(result)),
        "## All figures",
        "Medians of the rounds; ± is half of how far those of func_runtime are apart.",
        _figures(result),
        "## What was measured",
        _peers(result),
        "## How",
        _method(result),
    ]
    return "\n\n".join(parts) + "\n"


def _about(result: Result) -> str:
    machine, plan = result.machine, result.plan
    facts = {
        "Generated": f"by `make bench-runtime`, {result.taken}",
        "Machine": str(machine),
        "Interpreter": result.python,
        "Load": f"{result.load_tool} on the same machine, {plan.seconds} s each",
        "Rounds": f"{plan.rounds}, each over all peers in turn; all serve the same function, as "
        "one process with its best settings. Only ratios carry over to other machines",
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _targets(found: Sequence[Outcome]) -> str:
    if not found:
        return "None of their figures was measured."
    head = ("figure", "ours", "peer's", "", "ratio", "target", "reached")
    reached, absent = sum(outcome.reached for outcome in found), len(TARGETS) - len(found)
    return (
        f"{table(head, [_target(outcome) for outcome in found])}\n\n"
        f"{reached} of {len(found)} reached{f', {absent} not measured' if absent else ''}. A ratio "
        "is the median of the rounds' ratios."
    )


def _target(outcome: Outcome) -> tuple[str, ...]:
    target, figure = outcome.target, outcome.target.figure
    return (
        name(figure),
        number(outcome.ours, figure),
        number(outcome.theirs, figure),
        target.peer or "",
        NONE if target.peer is None else f"{outcome.found:.2f}",
        f"{'aim ' if target.aim else ''}{target.bound} {target.limit:g}",
        "yes" if outcome.reached else f"no, by {outcome.missed_by:.1%}",
    )


def _doubts(result: Result) -> list[str]:
    """Say what makes figures doubtful."""
    doubts = []
    if result.machine.load > _LOADED:
        doubts.append(f"load average before the run {result.machine.load:.1f}")
    if result.plan.rounds == 1:
        doubts.append("a single round")
    noisy = [
        f"{figure.name} (± {spread / 2:.0%})"
        for figure in FIGURES
        if (spread := result.spread(figure, OURS)) is not None and spread > _NOISY
    ]
    waited = [
        f"{peer} ({busy:.2f} cores)"
        for peer in (OURS, UVICORN, FUNC_PYTHON)
        if (busy := result.median(figures.BUSY, peer)) is not None and busy < _WAITED
    ]
    if waited:
        doubts.append(f"rates at full load, where servers waited: {', '.join(waited)}")
    if noisy:
        doubts.append(f"rounds are far apart in {', '.join(noisy)}")
    return [f"Doubtful: {'; '.join(doubts)}."] if doubts else []


def _figures(result: Result) -> str:
    rows = [
        (
            name(figure),
            *(number(result.median(figure, peer), figure) for peer in result.peers),
            NONE if (spread := result.spread(figure, OURS)) is None else f"{spread / 2:.0%}",
        )
        for figure in FIGURES
        if result.median(figure, OURS) is not None
    ]
    return table(("figure", *result.peers, "±"), rows)


def _peers(result: Result) -> str:
    return "\n".join(
        f"- **{name}**: {peer.note}{_packages(peer.packages)}"
        for name, peer in result.peers.items()
    )


def _packages(packages: dict[str, str]) -> str:
    """Return the versions, in brackets."""
    named = ", ".join(f"{name} {version}" for name, version in sorted(packages.items()))
    return f" ({named})" if named else ""


def _method(result: Result) -> str:
    plan = result.plan
    lines = [
        f"- **{figure.title}**: {figure.note}." for figure in FIGURES if figure.part in plan.parts
    ]
    if Part.START in plan.parts:
        lines.append(f"- Of {plan.starts} starts in a round the median counts.")
    return "\n".join(lines)
