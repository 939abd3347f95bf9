"""The command line of a measurement: measure, or read a result, and show or store it."""

import os
import shutil
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from bench import documents, machine
from bench.errors import BenchFailed

ROOT = Path(__file__).resolve().parents[1]

_R_contra = TypeVar("_R_contra", contravariant=True)
_Result = TypeVar("_Result", bound=documents.Result)


class Report(Protocol[_R_contra]):
    """Renders a result."""

    def __call__(
        self, result: _R_contra, chart: str | None = None, others: Sequence[_R_contra] = ()
    ) -> str:
        """Return the report.

        :param chart: the file name of a picture to show
        :param others: the results on other machines
        """
        ...


@dataclass(frozen=True)
class Command(Generic[_Result]):
    """A measurement, which `python -m bench.<name>` runs, and how its result is stored."""

    name: str
    write: Callable[[_Result], str]
    read: Callable[[str], _Result]
    render: Report[_Result]
    draw: Callable[[_Result], str]

    def parser(self, description: str | None) -> ArgumentParser:
        """Return a parser with the options of all measurements."""
        parser = ArgumentParser(prog=f"python -m bench.{self.name}", description=description)
        add, files = parser.add_argument, f"{self.name}.md, .svg and the result of this machine"
        add("--out", type=Path, metavar="FOLDER", help=f"write {files} there")
        add("--again", type=Path, metavar="FILE", help="show the result in FILE, measure nothing")
        return parser

    def run(self, measure: Callable[[], _Result], again: Path | None, out: Path | None) -> int:
        """Show or store a new result, or an existing one. Return the exit code."""
        signal.signal(
            signal.SIGTERM, lambda _number, _frame: sys.exit(143)
        )  # so that everything that was started is stopped
        try:
            found = measure() if again is None else self.read(again.read_text(encoding="utf-8"))
        except (BenchFailed, OSError, ValueError) as error:
            sys.stderr.write(f"Error: {error}\n")
            return 1
        if out is None:
            sys.stdout.write(self.render(found))
        else:
            self._keep(found, out)
        return 0

    def pages(self, folder: Path) -> dict[str, str]:
        """Return the page and the picture of the results in a folder, by their file names."""
        shown, *others = map(self.read, documents.kept(self.name, folder))
        picture = f"{self.name}.svg"
        return {
            picture: self.draw(shown),
            f"{self.name}.md": self.render(shown, picture, others),
        }

    def _keep(self, found: _Result, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        result = documents.file_name(self.name, found.machine)
        (folder / result).write_text(self.write(found), encoding="utf-8")
        pages = self.pages(folder)  # from the written files, whose values are rounded
        for name, text in pages.items():
            (folder / name).write_text(text, encoding="utf-8")
        sys.stderr.write("".join(f"{folder / name}\n" for name in (result, *pages)))


def table_parser(name: str, description: str | None) -> ArgumentParser:
    """Return a parser for a measurement that only prints a table, and pushes to a registry."""
    parser = ArgumentParser(prog=f"python -m bench.{name}", description=description)
    parser.add_argument("--rounds", type=int, default=3, help="default: %(default)s")
    parser.add_argument("--registry", default="localhost:5000", help="default: %(default)s")
    return parser


def print_table(measure: Callable[[], str], rounds: str) -> int:
    """Measure a table, and print it with a line about the machine. Return the exit code.

    :param rounds: what the table's medians are from, such as "3 changes"
    """
    where = machine.read()
    try:
        table = measure()
    except BenchFailed as error:
        sys.stderr.write(f"Error: {error}\n")
        return 1
    sys.stdout.write(f"{table}\n\nMedians of {rounds} on {where}; ")
    sys.stdout.write(f"load before the run: {where.load:.1f}\n")
    return 0


def now() -> str:
    """Return when a run begins (UTC)."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def tool(name: str, environ: Mapping[str, str]) -> Path:
    """Return the path of a program from `make setup`, or else of the machine's own.

    :raises BenchFailed: it is missing.
    """
    found = shutil.which(name, path=f"{ROOT / '.tools'}{os.pathsep}{environ['PATH']}")
    if found is None:
        raise BenchFailed(f"{name} is missing. Run `make setup`.")
    return Path(found)
