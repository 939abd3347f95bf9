"""A result in words and tables: Markdown that reads well as plain text. Writes no file."""

from collections.abc import Sequence

from bench.build.figures import FIGURES, OURS
from bench.build.result import Result
from bench.build.targets import Outcome, outcomes
from bench.tables import NONE, name, number, table

# Rounds of ours that are further apart say that something else was at work on the machine.
_NOISY = 0.15
# A load average beyond this share of a core was somebody else's.
_BUSY = 0.3


def render(result: Result, chart: str | None = None) -> str:
    """Return the report; `chart` is the file name of a picture to show."""
    parts = [
        "# A build beside its peers",
        _about(result),
        *([f"![A build beside its peers]({chart})"] if chart else []),
        "## Targets",
        _targets(outcomes(result)),
        *_doubts(result),
        "## All figures",
        "Medians of the rounds; ± is half of how far those of the buildpack are apart.",
        _figures(result),
        "## What was measured",
        "\n".join(f"- **{name}**: {note}." for name, note in result.peers.items()),
        "## How",
        "\n".join(f"- **{figure.title}**: {figure.note}." for figure in FIGURES),
    ]
    return "\n\n".join(parts) + "\n"


def _about(result: Result) -> str:
    machine = result.machine
    facts = {
        "Generated": f"by `make bench-build`, {result.taken}",
        "Machine": str(machine),
        "With": ", ".join(f"{name}: {version}" for name, version in result.tools.items()),
        "Rounds": f"{len(result.rounds)}, each over all peers in turn. Only ratios carry over to "
        "other machines and networks",
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _targets(found: Sequence[Outcome]) -> str:
    head = ("figure", "ours", "peer's", "", "ratio", "target", "reached")
    reached = sum(outcome.reached for outcome in found)
    return (
        f"{table(head, [_target(outcome) for outcome in found])}\n\n"
        f"{reached} of {len(found)} reached. A ratio is the median of the rounds' ratios."
    )


def _target(outcome: Outcome) -> tuple[str, ...]:
    target, figure = outcome.target, outcome.target.figure
    return (
        name(figure),
        number(outcome.ours, figure),
        number(outcome.theirs, figure),
        target.peer or "",
        NONE if target.peer is None else f"{outcome.found:.2f}",
        f"≤ {target.limit:g}",
        "yes" if outcome.reached else "no",
    )


def _doubts(result: Result) -> list[str]:
    """Say what makes figures doubtful."""
    doubts = []
    if result.machine.load > _BUSY:
        doubts.append(f"load average before the run {result.machine.load:.1f}")
    if len(result.rounds) == 1:
        doubts.append("a single round")
    noisy = [
        f"{figure.title} (± {spread / 2:.0%})"
        for figure in FIGURES
        if (spread := result.spread(figure, OURS)) is not None and spread > _NOISY
    ]
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
    ]
    return table(("figure", *result.peers, "±"), rows)
