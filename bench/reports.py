"""The parts that all reports have: Markdown that reads well as plain text."""

from collections.abc import Iterable, Mapping, Sequence

from bench.machine import Machine
from bench.rounds import Figure, Rounds
from bench.tables import NONE, name, number, table
from bench.targets import Outcome, Target, outcomes

# If our rounds differ more than this, something else was running on the machine.
_NOISY = 0.15
# If the load average was higher than this, something else was running on the machine.
_BUSY = 0.3


def page(
    title: str,
    facts: Mapping[str, str],
    doubtful: Iterable[str],
    chart: str | None,
    sections: Mapping[str, str],
) -> str:
    """Return a report: first the facts about the run, then the sections.

    `chart` is the file name of a picture to show.
    """
    parts = [
        f"# {title}",
        "\n".join(f"- {name}: {fact}" for name, fact in facts.items()),
        *doubtful,
        *([f"![{title}]({chart})"] if chart else []),
        *(f"## {heading}\n\n{text}" for heading, text in sections.items()),
    ]
    return "\n\n".join(parts) + "\n"


def elsewhere(targets: Sequence[Target], others: Sequence[Rounds]) -> dict[str, str]:
    """Return a section with the targets on other machines. Empty without such runs."""
    figures = dict.fromkeys(target.figure for target in targets)
    parts = [
        "\n\n".join(
            [
                f"{other.machine.name}, {other.taken}:",
                *doubts(other, other.machine, figures),
                reached(targets, other),
            ]
        )
        for other in others
    ]
    return {"On other machines": "\n\n".join(parts)} if parts else {}


def notes(found: Iterable[tuple[str, str]]) -> str:
    """Return a list of names, each with its note."""
    return "\n".join(f"- **{name}**: {note}." for name, note in found)


def method(figures: Iterable[Figure]) -> str:
    """Return how each figure is measured."""
    return notes((figure.title, figure.note) for figure in figures)


def reached(targets: Sequence[Target], result: Rounds) -> str:
    """Return a table of the targets, and how many of them are reached."""
    found = outcomes(targets, result)
    if not found:
        return "No figure with a target was measured."
    head = ("figure", "ours", "peer's", "", "ratio", "target", "reached")
    kept, absent = sum(outcome.reached for outcome in found), len(targets) - len(found)
    return (
        f"{table(head, [_outcome(outcome) for outcome in found])}\n\n"
        f"{kept} of {len(found)} reached{f', {absent} not measured' if absent else ''}. Each "
        "ratio is the median of the ratios in all rounds."
    )


def _outcome(outcome: Outcome) -> tuple[str, ...]:
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


def doubts(
    result: Rounds, machine: Machine, figures: Iterable[Figure], others: Iterable[str] = ()
) -> list[str]:
    """Return a paragraph with the reasons to doubt the figures. Empty without a reason."""
    found = [*_busy(machine), *_few(result), *others, *_noisy(result, figures)]
    return [f"Doubtful: {'; '.join(found)}."] if found else []


def _busy(machine: Machine) -> list[str]:
    return [f"load average before the run {machine.load:.1f}"] if machine.load > _BUSY else []


def _few(result: Rounds) -> list[str]:
    return ["a single round"] if len(result.rounds) == 1 else []


def _noisy(result: Rounds, figures: Iterable[Figure]) -> list[str]:
    spreads = [(figure.title, result.spread(figure, result.ours)) for figure in figures]
    apart = [f"{title} (± {s / 2:.0%})" for title, s in spreads if s is not None and s > _NOISY]
    return [f"rounds differ a lot in {', '.join(apart)}"] if apart else []


def medians(result: Rounds, figures: Iterable[Figure], peers: Sequence[str]) -> str:
    """Return all figures that were measured of ours, next to those of the peers."""
    ours = result.ours
    rows = [
        (
            name(figure),
            *(number(result.median(figure, peer), figure) for peer in peers),
            NONE if (spread := result.spread(figure, ours)) is None else f"{spread / 2:.0%}",
        )
        for figure in figures
        if result.median(figure, ours) is not None
    ]
    return (
        "Medians of the rounds. ± is half of the difference between the highest and the lowest "
        f"round of {ours}, as a percentage of the median.\n\n"
        f"{table(('figure', *peers, '±'), rows)}"
    )
