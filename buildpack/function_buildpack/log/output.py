"""Writes the build's log. No other module writes to the terminal.

The log is never a terminal, and has colours all the same, as those of pack and of other buildpacks.
NO_COLOR turns them off; pack removes them with --no-color, and where its output is no terminal.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum

from function_buildpack.log import printable, redaction

_BOLD, _RED, _YELLOW, _DIM, _END = "\033[1m", "\033[1;31m", "\033[33m", "\033[2m", "\033[0m"


class Level(IntEnum):
    """How much is logged.

    WARN: the title, notes and errors; with an error, also the lines of its step.
    DEBUG: also what helps to find a mistake, such as uv's own log.
    """

    DEBUG = 1
    INFO = 2
    WARN = 3


@dataclass
class _Log:
    """How the log looks, the current step, and its lines that are held back in case it fails.

    The heading of a step is written with its first line.
    """

    has_colours: bool = True
    level: Level = Level.INFO
    step: str = ""
    since: float = 0.0
    heading: str = ""
    held: list[str] = field(default_factory=list)


_log = _Log()


def use(*, has_colours: bool = True, level: Level = Level.INFO) -> None:
    """Log in this way from now on."""
    global _log  # noqa: PLW0603 -- a process has one log
    _log = _Log(has_colours, level)


def is_debug() -> bool:
    """Return whether the log has what helps to find a mistake."""
    return _log.level is Level.DEBUG


def _coloured(colour: str, text: str) -> str:
    return f"{colour}{text}{_END}" if _log.has_colours else text


def _write(text: str) -> None:
    shown = printable.without_commands(redaction.urls(text)).encode("utf-8", "backslashreplace")
    sys.stdout.buffer.write(shown + b"\n")
    # pack reads a pipe: without a flush, lines would appear minutes later.
    sys.stdout.flush()


def _inform(text: str) -> None:
    """Write a text of level INFO, or hold it back."""
    if _log.level <= Level.INFO:
        _write_heading()
        _write(text)
    else:
        _log.held.append(text)


def _write_heading() -> None:
    if _log.heading:
        _write(_log.heading)
    _log.heading = ""


def title(text: str) -> None:
    """Write the first line of a build."""
    _write("\n" + _coloured(_BOLD, f"# {text}"))


def heading(text: str) -> None:
    """Start a step. One without any lines is not in the log."""
    _end_step()
    _log.step, _log.since = text, time.monotonic()
    _log.heading = "\n" + _coloured(_BOLD, f"[{text}]")


def _end_step() -> None:
    if _log.step:
        debug(f"Step {_log.step} took {time.monotonic() - _log.since:.2f} s")
    _log.step = _log.heading = ""
    _log.held.clear()


def line(text: str) -> None:
    """Write a fact or a decision of the step."""
    _inform(printable.line(text))


def debug(text: str) -> None:
    """Write what helps to find a mistake."""
    if is_debug():
        _write(_coloured(_DIM, f"Debug: {printable.line(text)}"))


def note(text: str) -> None:
    """Write a warning about something that the user may want to change."""
    if _log.level <= Level.INFO:
        _write_heading()
    _write(f"{_coloured(_YELLOW, 'Note:')} {printable.line(text)}")


def child(text: str) -> None:
    """Write the output of a child process, indented and dimmed."""
    # Before the colours, which pack removes with --no-color.
    for each in printable.without_commands(printable.lines(text)).split("\n"):
        _inform(f"  {_coloured(_DIM, each)}" if each else "")


@contextmanager
def timed(text: str) -> Iterator[None]:
    """Write what was done and how long it took, at the end."""
    start = time.monotonic()
    yield
    _inform(f"{text} in {time.monotonic() - start:.1f} s")


@contextmanager
def whole() -> Iterator[None]:
    """Write how long all of the build took, at its end."""
    with timed("Done"):
        yield
        _end_step()


def error(heading_: str, body: str) -> None:
    """Write the error message at the end of a failed phase."""
    held, _log.level = _log.held, min(_log.level, Level.INFO)
    for text in held:
        _inform(text)
    title_line = _coloured(_RED, f"ERROR: {printable.line(heading_)}")
    _write(f"\n{title_line}\n\n{printable.lines(body)}\n")
