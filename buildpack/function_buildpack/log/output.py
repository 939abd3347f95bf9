"""Writes the build's log. No other module writes to the terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from function_buildpack.log import printable, redaction

_BOLD, _RED, _YELLOW, _DIM, _END = "\033[1m", "\033[1;31m", "\033[33m", "\033[2m", "\033[0m"


def _write(text: str) -> None:
    shown = printable.without_commands(redaction.urls(text)).encode("utf-8", "backslashreplace")
    sys.stdout.buffer.write(shown + b"\n")
    # pack reads a pipe: without a flush, lines would appear minutes later.
    sys.stdout.flush()


def title(text: str) -> None:
    """Write the first line of a build."""
    _write(f"\n{_BOLD}# {text}{_END}")


def heading(text: str) -> None:
    """Start a step."""
    _write(f"\n{_BOLD}[{text}]{_END}")


def line(text: str) -> None:
    """Write a fact or a decision of the step."""
    _write(printable.line(text))


def note(text: str) -> None:
    """Write a warning about something that the user may want to change."""
    _write(f"{_YELLOW}Note:{_END} {printable.line(text)}")


def child(text: str) -> None:
    """Write the output of a child process, indented and dimmed."""
    # Before the colours, which pack removes with --no-color.
    for each in printable.without_commands(printable.lines(text)).split("\n"):
        _write(f"  {_DIM}{each}{_END}" if each else "")


@contextmanager
def timed(text: str) -> Iterator[None]:
    """Write what was done and how long it took, at the end."""
    start = time.monotonic()
    yield
    _write(f"{text} in {time.monotonic() - start:.1f} s")


def error(heading_: str, body: str) -> None:
    """Write the error message at the end of a failed phase."""
    _write(f"\n{_RED}ERROR: {printable.line(heading_)}{_END}\n\n{printable.lines(body)}\n")
