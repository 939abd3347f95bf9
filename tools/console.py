"""The output of a command on the terminal, and its failures."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_BOLD, _RED, _END = "\033[1m", "\033[1;31m", "\033[0m"


@dataclass(frozen=True)
class Output:
    """How much the terminal shows.

    :param has_colours: bold and red text
    :param shows_steps: the steps of the command, with their durations
    :param shows_programs: also the output of programs that goes to logs
    """

    has_colours: bool = False
    shows_steps: bool = True
    shows_programs: bool = False


_used = Output()


class Failure(Exception):
    """A command cannot go on: what happened, what was found, what to do.

    :param title: what happened, without a full stop
    :param details: further lines, or texts of several lines
    """

    def __init__(self, title: str, *details: str) -> None:
        super().__init__(title)
        self.title = title
        self.details = details

    def __str__(self) -> str:
        lines = [line for text in self.details for line in text.splitlines()]
        return "\n".join([self.title, *(f"  {line}" for line in lines)])


class Stopped(BaseException):
    """A signal has stopped the command. It removes what is incomplete."""


def use(output: Output) -> None:
    """Write in this way from now on."""
    global _used  # noqa: PLW0603 -- a process has one terminal
    _used = output


def shows_steps() -> bool:
    """Return whether the user wants to see more than errors."""
    return _used.shows_steps


def shows_programs() -> bool:
    """Return whether the user wants to see the output of programs."""
    return _used.shows_programs


def say(text: str) -> None:
    """Write what the command does now."""
    if _used.shows_steps:
        _write(f"{_coloured(_BOLD, '==>')} {text}")


def detail(text: str) -> None:
    """Write a line below what was said."""
    if _used.shows_steps:
        _write(f"  {text}")


@contextmanager
def step(text: str, expected: str = "") -> Iterator[None]:
    """Write what the command does now, and at the end how long it took.

    :param expected: more text for the first line, such as the usual duration
    """
    say(f"{text} ({expected})" if expected else text)
    began = time.monotonic()
    yield
    detail(f"{text}: done in {duration(time.monotonic() - began)}")


def duration(seconds: float) -> str:
    """Return a duration as text: 0.4 s, 12 s, 3 min 5 s."""
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def report(failure: Failure) -> None:
    """Write why the command fails."""
    _write(f"{_coloured(_RED, 'Error:')} {failure}")


def _coloured(colour: str, text: str) -> str:
    return f"{colour}{text}{_END}" if _used.has_colours else text


def _write(text: str) -> None:
    # One write: several threads do so.
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
