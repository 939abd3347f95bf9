"""The table of measured figures on the first page, from the results in docs/benchmarks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import documents
from bench.tables import NONE, table

PIP = "pip Dockerfile"
UV = "uv Dockerfile"
HOST = "func host"
_HEAD = ("", "ours", "func's host builder", "pip Dockerfile", "uv Dockerfile", "")
_TIME = ("faster", "slower")
_OURS = {"build": "buildpack", "platform": "buildpack", "runtime": "func_runtime", "images": "run"}


@dataclass(frozen=True)
class _Row:
    """A figure. `words` are for less and for more of it, the better one first."""

    title: str
    result: str
    figure: str
    digits: int
    words: tuple[str, str] = _TIME
    pip: str = PIP
    uv: str | None = None
    func: str | None = None
    more_is_better: bool = False


# func puts func-python into images today, and both Dockerfiles serve with it.
_ROWS = (
    _Row("first build, nothing cached, s", "build", "cold_s", 1, uv=UV, func=HOST),
    _Row("build after a changed line, s", "build", "rebuild_s", 1, uv=UV, func=HOST),
    _Row(
        "image with the http example, compressed, MB",
        "images",
        "whole_compressed_mb",
        1,
        ("smaller", "larger"),
        "Debian",
    ),
    _Row("container start to first answer, s", "build", "start_s", 2, uv=UV),
    _Row("on Knative, no pod to first answer, s", "platform", "wake_s", 2),
    _Row("memory of an idle pod, MB", "platform", "idle_mb", 0, ("less", "more")),
    _Row(
        "requests per second, one core",
        "runtime",
        "requests_per_s",
        0,
        ("more", "fewer"),
        "func-python",
        more_is_better=True,
    ),
)


def render(folder: Path) -> str:
    """Return the table, and the days on which its figures were measured.

    :param folder: has the results of all measurements. One of each is used (`documents.kept`).
    """
    results = {name: json.loads(documents.kept(name, folder)[0]) for name in _OURS}
    rows = [_cells(row, results[row.result]["medians"][row.figure]) for row in _ROWS]
    days = sorted({str(results[name]["taken"])[:10] for name in _OURS})
    span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    note = f"Measured {span}, medians, on 2 cores, each row on one machine."
    last = "The last row compares only the servers."
    return f"{table(*_without_empty_columns(rows))}\n\n{note} {last}"


def _without_empty_columns(rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    """Return head and rows without the columns of peers that were not measured."""
    used = [number for number, column in enumerate(zip(*rows, strict=True)) if {*column} != {NONE}]
    return [_HEAD[number] for number in used], [[row[number] for number in used] for row in rows]


def _cells(row: _Row, medians: Mapping[str, Any]) -> list[str]:
    ours = float(medians[_OURS[row.result]])
    peers = [medians.get(name) if name else None for name in (row.func, row.pip, row.uv)]
    named = zip(("func", "pip", "uv"), peers, strict=True)
    verdicts = [
        _verdict(ours, float(value), name, row) for name, value in named if value is not None
    ]
    shown = [_number(value, row.digits) for value in (ours, *peers)]
    return [row.title, *shown, ", ".join(verdicts)]


def _verdict(ours: float, peer: float, name: str, row: _Row) -> str:
    if ours == peer:
        return f"the same as {name}"
    better = ours > peer if row.more_is_better else ours < peer
    factor = max(ours, peer) / min(ours, peer)
    good, bad = row.words
    return f"{factor:.1f}x {good} than {name}" if better else f"**{factor:.1f}x {bad} than {name}**"


def _number(value: float | None, digits: int) -> str:
    return NONE if value is None else f"{value:,.{digits}f}".replace(",", " ")
