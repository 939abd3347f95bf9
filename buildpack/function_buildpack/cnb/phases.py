"""Runs a phase: context in, the buildpack's answer out, exit code. The one place that catches."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from function_buildpack.cnb import exit_codes
from function_buildpack.cnb.context import BuildContext, DetectContext

if TYPE_CHECKING:
    from function_buildpack.cnb.launch import Launch  # what writes TOML: detect does without


@dataclass(frozen=True)
class Detected:
    """The application is ours to build."""


@dataclass(frozen=True)
class NotDetected:
    """The application is not ours; the reason is for people who expected otherwise."""

    reason: str


def run_detect(
    detect: Callable[[DetectContext], Detected | NotDetected],
    *,
    on_decline: Callable[[NotDetected], None],
    on_error: Callable[[Exception], None],
) -> int:
    """Run the detect phase as the lifecycle starts it and return its exit code.

    0 passes, 100 declines, 1 is an error.
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
    """Run the build phase as the lifecycle starts it, write launch.toml and return the exit code.

    0 is a finished build, 1 is an error.
    """
    os.umask(0o022)  # the same bytes everywhere, and nothing that the image's group could change
    try:
        context = BuildContext.from_environ(environment(), Path.cwd())
        build(context).write(context.layers)
    except Exception as error:  # noqa: BLE001 -- the phase's boundary
        on_error(error)
        return exit_codes.ERROR
    return exit_codes.SUCCESS


def environment() -> dict[str, str]:
    """Return the process's environment; everything else gets it through the context."""
    return dict(os.environ)  # noqa: TID251 -- the one place on the build side
