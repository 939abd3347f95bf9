"""What users read when a phase fails: what happened, what was found, what to do.

The only file with such sentences. docs/errors.md has a heading for each title.
"""

import signal
import traceback
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path

from function_buildpack.log import printable
from function_buildpack.log.errors import BuildpackError

NETWORK = """\
A build fetches packages from the configured index. Behind a proxy set HTTPS_PROXY and NO_PROXY, for
another index UV_DEFAULT_INDEX, as build environment variables (pack build --env, or
build.buildEnvs in func.yaml)."""


@dataclass(frozen=True)
class Message:
    """An error as it is shown. Titles are stable and unique."""

    title: str
    body: str


def of(error: Exception) -> Message:
    """Put an error into words. Its facts are on one line each, but for those of `_OF_LINES`."""
    return describe(_cleaned(error) if isinstance(error, BuildpackError) else error)


# Fields with what a program has said, or with commands; all others are on one line.
_OF_LINES = frozenset({"command", "explanation", "output"})


def _cleaned(error: BuildpackError) -> BuildpackError:
    result = copy(error)
    for name, value in vars(error).items():
        clean = printable.lines if name in _OF_LINES else printable.line
        setattr(result, name, _each(clean, value))
    return result


def _each(clean: Callable[[str], str], fact: object) -> object:
    match fact:
        case str():
            return clean(fact)
        case Path():
            return Path(clean(str(fact)))
        case tuple():
            return tuple(_each(clean, part) for part in fact)
        case _:
            return fact


@singledispatch
def describe(error: Exception) -> Message:
    """Put an error into words; one that is none of ours is a defect of the buildpack."""
    return Message(
        "Internal error in the buildpack",
        "This is a defect of the buildpack. Please report it with these lines:\n\n"
        + indent("".join(traceback.format_exception(error)).rstrip()),
    )


def ending(status: int) -> str:
    """Return how a process ended, as the end of a sentence; a signal's status is below zero."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"ended by signal {signal.Signals(-status).name}"
    except ValueError:  # one of those for real time
        return f"ended by signal {-status}"


def indent(text: str) -> str:
    """Return a text set apart from the message, as what a program said is."""
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
