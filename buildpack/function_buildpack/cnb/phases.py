"""Runs a phase, and returns its exit code. The only place that catches errors."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from function_buildpack.cnb import exit_codes
from function_buildpack.cnb.context import BuildContext, DetectContext

if TYPE_CHECKING:
    from function_buildpack.cnb.launch import Launch  # imports tomli_w, which detect does not need


@dataclass(frozen=True)
class Detected:
    """The buildpack can build the application."""


@dataclass(frozen=True)
class NotDetected:
    """The buildpack cannot build the application. The reason is for users."""

    reason: str


def run_detect(
    detect: Callable[[DetectContext], Detected | NotDetected],
    *,
    on_decline: Callable[[NotDetected], None],
    on_error: Callable[[Exception], None],
) -> int:
    """Run the detect phase and return its exit code.

    0 means detected, 100 not detected, 1 an error.
    """
    try:
        answer = detect(DetectContext.from_environ(environment(), Path.cwd()))
    except Exception as error:  # noqa: BLE001 -- the phase's boundary
        on_error(error)
        return exit_codes.ERROR
    match answer:
        case Detected():
            return exit_codes.SUCCESS
        case NotDetected():
            on_decline(answer)
            return exit_codes.DETECT_FAIL


def run_build(
    build: "Callable[[BuildContext], Launch]", *, on_error: Callable[[Exception], None]
) -> int:
    """Run the build phase, write launch.toml and return the exit code.

    0 means success, 1 an error.
    """
    os.umask(0o022)  # so that all machines set the same modes, and only owners can write
    try:
        context = BuildContext.from_environ(environment(), Path.cwd())
        build(context).write(context.layers)
    except Exception as error:  # noqa: BLE001 -- the phase's boundary
        on_error(error)
        return exit_codes.ERROR
    return exit_codes.SUCCESS


def environment() -> dict[str, str]:
    """Return the environment variables. Other modules get them from the context."""
    return dict(os.environ)  # noqa: TID251 -- the only place on the build side
