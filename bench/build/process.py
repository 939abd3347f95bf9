"""Runs commands, and times them."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchFailed

_WITHIN = 900.0  # seconds; the longest build takes one
_LOG_LINES = 30


@dataclass(frozen=True)
class Ended:
    """A command that succeeded: its duration in seconds, and its output."""

    seconds: float
    output: str


def run(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    stdin: str = "",
) -> Ended:
    """Run a command to its end.

    :raises BenchFailed: it is missing, failed, or took too long.
    """
    began = time.perf_counter()
    try:
        ended = subprocess.run(
            command,
            env=dict(environ),
            cwd=cwd,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_WITHIN,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchFailed(str(error)) from error
    seconds = time.perf_counter() - began
    if ended.returncode != 0:
        lines = ended.stdout.splitlines()[-_LOG_LINES:]
        raise BenchFailed("\n".join([f"{' '.join(map(str, command))} failed", *lines]))
    return Ended(seconds, ended.stdout)
