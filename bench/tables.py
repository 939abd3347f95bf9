"""Figures and tables as Markdown that reads well as plain text."""

from collections.abc import Sequence

from bench.rounds import Figure

NONE = "-"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table with aligned columns, the first one to the left, all others to the right."""
    widths = [max(2, *map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([_row(head, widths), _row(rule, widths), *(_row(row, widths) for row in rows)])


def number(value: float | None, figure: Figure) -> str:
    """Return a value with the figure's digits, or a dash."""
    return NONE if value is None else f"{value:,.{figure.digits}f}".replace(",", " ")


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(padded)} |"


def name(figure: Figure) -> str:
    """Return a figure's title with its unit."""
    return f"{figure.title}, {figure.unit}" if figure.unit else figure.title
