"""A message for users, and how errors become messages."""

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
The build downloads packages from a package index. Behind a proxy, set HTTPS_PROXY and NO_PROXY. To
use another index, set UV_DEFAULT_INDEX. All are build environment variables (pack build --env, or
build.buildEnvs in func.yaml)."""


@dataclass(frozen=True)
class Message:
    """An error as users see it. Titles are stable and unique."""

    title: str
    body: str


def of(error: Exception) -> Message:
    """Return the message of an error. Each fact is one line, except those of `_MULTILINE`."""
    return describe(_cleaned(error) if isinstance(error, BuildpackError) else error)


# Fields with the output of a program, or with commands.
_MULTILINE = frozenset({"command", "explanation", "output"})


def _cleaned(error: BuildpackError) -> BuildpackError:
    result = copy(error)
    for name, value in vars(error).items():
        clean = printable.lines if name in _MULTILINE else printable.line
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
    """Return the message of an error. An unknown error is a bug in the buildpack."""
    return Message(
        "Internal error in the buildpack",
        "This is a bug in the buildpack. Please report it with these lines:\n\n"
        + indent("".join(traceback.format_exception(error)).rstrip()),
    )


def ending(status: int) -> str:
    """Return how a process ended, as the end of a sentence. A signal is a negative status."""
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was killed by signal {signal.Signals(-status).name}"
    except ValueError:  # a real-time signal
        return f"was killed by signal {-status}"


def indent(text: str) -> str:
    """Return an indented text: the output of a program within a message."""
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
