"""Follows uv's builds from source in its output: checks each package, and logs the duration.

uv itself logs only the start and the end of a build.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from function_buildpack.log import output
from function_buildpack.uv import install_failures

# Lines of uv: "Building name==1.0", "Built name @ file:///…".
_BEGIN = re.compile(r"\s*Building (\S+)(?: @ \S+)?")
_END = re.compile(r"\s*Built (\S+)(?: @ \S+)?")
_OF_INDEX = re.compile(r"([\w.-]+)==(\S+)")


@dataclass(frozen=True)
class Package:
    """A package of an index, and whether the index has a source distribution of it."""

    name: str
    version: str
    has_source: bool = True

    def __str__(self) -> str:
        """Return name and version."""
        return f"{self.name} {self.version}"


_FAILED = re.compile(r"Failed to (?:download and )?build `([\w.-]+)==([^`\s]+)`")


def failed(said: str) -> Package | None:
    """Return the package of an index that could not be built, from uv's output."""
    return Package(found[1], found[2]) if (found := _FAILED.search(said)) else None


# uv's explanations for a resolution, for uv.lock, and for pylock.toml with the hint after it.
_WITHOUT_WHEEL = re.compile(
    r"\b([\w.-]+)==(\S+) has no wheels with a matching"
    r"|Distribution `([\w.-]+)==(\S+) @ \S+ can't be installed because it doesn't have a source"
    r"|because it doesn't have a source[^`]*`[^`]*`[^`]*`([\w.-]+)` \(v([^)\s]+)\)"
)


def without_wheel(said: str) -> Package | None:
    """Return the package without a source distribution and a suitable wheel, from uv's output."""
    if (found := _WITHOUT_WHEEL.search(said)) is None:
        return None
    name, version = (group for group in found.groups() if group)
    return Package(name, version, has_source=False)


PackageCheck = Callable[[Package], None]


def accept_all(_: Package) -> None:
    """Allow all builds from source."""


@dataclass(frozen=True)
class RunningBuilds:
    """The running builds, each with its start time."""

    package_check: PackageCheck
    running: dict[str, float] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """Log a line of uv. At the start of a build, check the package if it is from an index."""
        output.child(text)
        if begun := _BEGIN.fullmatch(text):
            self.running[begun[1]] = time.monotonic()
            if package := _OF_INDEX.fullmatch(begun[1]):
                self.package_check(Package(package[1], package[2]))
        elif ended := _END.fullmatch(text):
            self.running.pop(ended[1], None)

    def report(self) -> None:
        """Log the running builds and their durations."""
        for name, since in [*self.running.items()]:
            output.line(f"Building {name} from source: {time.monotonic() - since:.0f} s so far")


@contextmanager
def followed(package_check: PackageCheck, every: float) -> Iterator[Callable[[str], None]]:
    """Yield a callback for uv's lines, and log the running builds every so many seconds.

    `package_check` gets each package of an index at the start of its build. Its exceptions stop uv.
    """
    builds, over = RunningBuilds(package_check), threading.Event()

    def report_again() -> None:
        while not over.wait(every):
            builds.report()

    reporter = threading.Thread(target=report_again, daemon=True)
    reporter.start()
    try:
        yield builds.line
    finally:
        over.set()
        reporter.join()


# What `uv --verbose` adds.
_DEBUG_LINE = re.compile(r"(?:TRACE|DEBUG|INFO|WARN) .*\n?")


def without_debug_lines(said: str) -> str:
    """Return uv's output without what --verbose adds, in which there may be errors of no effect."""
    return "".join(
        line for line in said.splitlines(keepends=True) if not _DEBUG_LINE.fullmatch(line)
    )


class UvOutput:
    """Shows uv's output line by line, except the explanation of a failure, which an error has."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._kept = list[str]()

    def line(self, text: str) -> None:
        """Show a line, or keep it."""
        if _DEBUG_LINE.fullmatch(text):
            self._show(text)
        elif self._kept or install_failures.is_error_start(text):
            self._kept.append(text)
        else:
            self._show(text)

    def finish(self) -> None:
        """Show the rest, because uv did not fail."""
        for text in self._kept:
            self._show(text)
