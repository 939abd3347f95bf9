"""A result in words and tables: Markdown that reads well as plain text. Writes no file."""

from collections.abc import Sequence

from bench.build.figures import Figure
from bench.images import figures
from bench.images.figures import FIGURES, OURS
from bench.images.result import Result
from bench.images.targets import Outcome, outcomes
from bench.tables import NONE, name, number, table

# Rounds of ours that are further apart say that something else was at work on the machine.
_NOISY = 0.15
# A load average beyond this share of a core was somebody else's.
_BUSY = 0.3

_OF_IMAGES = (
    figures.UNCOMPRESSED,
    figures.COMPRESSED,
    figures.FILES,
    figures.PACKAGES,
    figures.SPECIAL,
)
_OF_FUNCTIONS = (figures.WHOLE, figures.WHOLE_COMPRESSED, figures.START)
_OF_NODES = (figures.ADDED, figures.ADDED_COMPRESSED)


def render(result: Result, chart: str | None = None) -> str:
    """Return the report; `chart` is the file name of a picture to show."""
    parts = [
        "# The run images beside Debian's Python",
        _about(result),
        *([f"![The run images beside Debian's Python]({chart})"] if chart else []),
        "## Targets",
        _targets(outcomes(result)),
        *_doubts(result),
        "## The images",
        _images(result),
        "## A function on them",
        _functions(result),
        "## A second function",
        table(
            ("figure", "run"),
            [(name(f), number(result.median(f, OURS), f)) for f in _OF_NODES],
        ),
        "## What was measured",
        "\n".join(f"- **{image}**: {about.note}." for image, about in result.images.items()),
        "## How",
        "\n".join(f"- **{figure.title}**: {figure.note}." for figure in FIGURES),
    ]
    return "\n\n".join(parts) + "\n"


def _about(result: Result) -> str:
    facts = {
        "Generated": f"by `make bench-images`, {result.taken}",
        "Machine": str(result.machine),
        "With": ", ".join(f"{name}: {version}" for name, version in result.tools.items()),
        "Rounds": f"{len(result.rounds)} of starts, each over all images in turn. Of seconds only "
        "ratios carry over to other machines",
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items())


def _targets(found: Sequence[Outcome]) -> str:
    head = ("figure", "run", "beside", "ratio", "target", "reached")
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
        target.peer or "",
        NONE if target.peer is None else f"{outcome.found:.2f}",
        f"≤ {target.limit:g}",
        "yes" if outcome.reached else "no",
    )


def _doubts(result: Result) -> list[str]:
    """Say what makes seconds doubtful."""
    doubts = []
    if result.machine.load > _BUSY:
        doubts.append(f"load average before the run {result.machine.load:.1f}")
    if len(result.rounds) == 1:
        doubts.append("a single round of starts")
    if (spread := result.spread(figures.START, OURS)) is not None and spread > _NOISY:
        doubts.append(f"rounds of starts are far apart (± {spread / 2:.0%})")
    return [f"Doubtful: {'; '.join(doubts)}."] if doubts else []


def _images(result: Result) -> str:
    rows = [
        (
            image,
            *_numbers(result, image, _OF_IMAGES),
            "yes" if about.shell else "no",
            about.bytecode,
        )
        for image, about in result.images.items()
    ]
    return table(("image", *map(name, _OF_IMAGES), "shell", "bytecode"), rows)


def _functions(result: Result) -> str:
    rows = [(image, *_numbers(result, image, _OF_FUNCTIONS)) for image in result.images]
    return table(("image", *map(name, _OF_FUNCTIONS)), rows)


def _numbers(result: Result, image: str, wanted: Sequence[Figure]) -> list[str]:
    return [number(result.median(figure, image), figure) for figure in wanted]
