"""The build's log. The only writer to the terminal."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from function_buildpack import redaction

_BOLD, _RED, _YELLOW, _DIM, _END = "\033[1m", "\033[1;31m", "\033[33m", "\033[2m", "\033[0m"


def _write(text: str) -> None:
    # Names of files may be no text: Python keeps their bytes as halves of surrogate pairs.
    shown = redaction.urls(text).encode("utf-8", "backslashreplace")
    sys.stdout.buffer.write(shown + b"\n")
    # pack reads a pipe: without a flush, minutes of work would show at its end.
    sys.stdout.flush()


def _on_one_line(text: str) -> str:
    """Names of files may also have line ends, or move the cursor: they cannot forge a log."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def title(text: str) -> None:
    """Write the first line of a build."""
    _write(f"\n{_BOLD}# {text}{_END}")


def heading(text: str) -> None:
    """Start a step."""
    _write(f"\n{_BOLD}[{text}]{_END}")


def line(text: str) -> None:
    """Write a fact or a decision of the step."""
    _write(_on_one_line(text))


def note(text: str) -> None:
    """Write something that the user may want to change."""
    _write(f"{_YELLOW}Note:{_END} {_on_one_line(text)}")


def child(text: str) -> None:
    """Write a line of a child process, set apart from ours."""
    _write(f"  {_DIM}{text}{_END}" if text else "")


@contextmanager
def timed(text: str) -> Iterator[None]:
    """Write what was done and how long it took, once it is done."""
    start = time.monotonic()
    yield
    _write(f"{text} in {time.monotonic() - start:.1f} s")


def error(heading_: str, body: str) -> None:
    """Write the block that ends a failed phase."""
    _write(f"\n{_RED}ERROR: {heading_}{_END}\n\n{body}\n")
