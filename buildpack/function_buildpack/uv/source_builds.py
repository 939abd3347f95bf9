"""Follows what uv builds from source, by its lines: has it looked at, and says how long it takes.

uv itself says when a build begins and when it ends, and nothing for as long as it lasts.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from function_buildpack.log import output
from function_buildpack.uv import install_failures

# uv's lines: "Building name==1.0", "Built name @ file:///…".
_BEGIN = re.compile(r"\s*Building (\S+)(?: @ \S+)?")
_END = re.compile(r"\s*Built (\S+)(?: @ \S+)?")
_OF_INDEX = re.compile(r"([\w.-]+)==(\S+)")


@dataclass(frozen=True)
class Package:
    """A package of an index, and whether that has its source."""

    name: str
    version: str
    has_source: bool = True

    def __str__(self) -> str:
        """Say both."""
        return f"{self.name} {self.version}"


_FAILED = re.compile(r"Failed to (?:download and )?build `([\w.-]+)==([^`\s]+)`")


def failed(said: str) -> Package | None:
    """Return the package of an index that could not be built, by all that uv has said."""
    return Package(found[1], found[2]) if (found := _FAILED.search(said)) else None


# uv's explanations: of a resolution, of uv.lock, of pylock.toml with the hint behind it.
_UNFITTING = re.compile(
    r"\b([\w.-]+)==(\S+) has no wheels with a matching"
    r"|Distribution `([\w.-]+)==(\S+) @ \S+ can't be installed because it doesn't have a source"
    r"|because it doesn't have a source[^`]*`[^`]*`[^`]*`([\w.-]+)` \(v([^)\s]+)\)"
)


def unfitting(said: str) -> Package | None:
    """Return the package without source and without a wheel that fits, by all that uv has said."""
    if (found := _UNFITTING.search(said)) is None:
        return None
    name, version = (group for group in found.groups() if group)
    return Package(name, version, has_source=False)


Look = Callable[[Package], None]


def look_at_nothing(_: Package) -> None:
    """Let everything be built from source."""


@dataclass(frozen=True)
class Builds:
    """The builds that are going on: each with the time of its start."""

    look: Look
    running: dict[str, float] = field(default_factory=dict)

    def line(self, text: str) -> None:
        """Show a line of uv; where a package of an index begins to be built, have it looked at."""
        output.child(text)
        if begun := _BEGIN.fullmatch(text):
            self.running[begun[1]] = time.monotonic()
            if package := _OF_INDEX.fullmatch(begun[1]):
                self.look(Package(package[1], package[2]))
        elif ended := _END.fullmatch(text):
            self.running.pop(ended[1], None)

    def tell(self) -> None:
        """Say what is being built, and for how long."""
        for name, since in [*self.running.items()]:
            output.line(f"Building {name} from source: {time.monotonic() - since:.0f} s so far")


@contextmanager
def followed(look: Look, every: float) -> Iterator[Callable[[str], None]]:
    """Yield what takes uv's lines; meanwhile say every so many seconds what is being built.

    `look` gets each package of an index whose build begins. What it raises ends uv.
    """
    builds, over = Builds(look), threading.Event()

    def tell_again() -> None:
        while not over.wait(every):
            builds.tell()

    teller = threading.Thread(target=tell_again, daemon=True)
    teller.start()
    try:
        yield builds.line
    finally:
        over.set()
        teller.join()


class Said:
    """What uv says, shown as it comes, but for what it says of a failure: the error has that."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._kept = list[str]()

    def line(self, text: str) -> None:
        """Show a line, or keep it."""
        if self._kept or install_failures.begins(text):
            self._kept.append(text)
        else:
            self._show(text)

    def finish(self) -> None:
        """Show the rest: nothing has failed."""
        for text in self._kept:
            self._show(text)
