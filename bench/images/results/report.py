"""A result in words and tables: Markdown that reads well as plain text. Writes no file."""

from collections.abc import Sequence

from bench import reports
from bench.build.results.figures import Figure
from bench.images.results import figures
from bench.images.results.figures import FIGURES, OURS
from bench.images.results.result import Result
from bench.images.results.targets import TARGETS
from bench.tables import name, number, table

_OF_IMAGES = (
    figures.UNCOMPRESSED,
    figures.COMPRESSED,
    figures.FILES,
    figures.PACKAGES,
    figures.SPECIAL,
)
_OF_FUNCTIONS = (figures.WHOLE, figures.WHOLE_COMPRESSED, figures.START)
_OF_NODES = (figures.ADDED, figures.ADDED_COMPRESSED)


def render(result: Result, chart: str | None = None, others: Sequence[Result] = ()) -> str:
    """Return the report.

    :param chart: the file name of a picture to show
    :param others: the results on other machines
    """
    facts = {
        "Generated": f"by `make bench-images`, {result.taken}",
        "Machine": str(result.machine),
        "Versions": ", ".join(f"{name}: {version}" for name, version in result.tools.items()),
        "Rounds": f"{len(result.rounds)} for starts, each with all images in turn. Compare only "
        "ratios of times with other machines, not seconds",
    }
    sections = {
        "Targets": reports.reached(TARGETS, result),
        **reports.elsewhere(TARGETS, others),
        "The images": _images(result),
        "A function on them": _functions(result),
        "A second function": _second(result),
        "What was measured": reports.notes((i, about.note) for i, about in result.images.items()),
        "How": reports.method(FIGURES),
    }
    doubtful = reports.doubts(result, result.machine, FIGURES)
    return reports.page("The run images and Debian's Python", facts, doubtful, chart, sections)


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


def _second(result: Result) -> str:
    rows = [(name(figure), number(result.median(figure, OURS), figure)) for figure in _OF_NODES]
    return table(("figure", OURS), rows)


def _numbers(result: Result, image: str, wanted: Sequence[Figure]) -> list[str]:
    return [number(result.median(figure, image), figure) for figure in wanted]
