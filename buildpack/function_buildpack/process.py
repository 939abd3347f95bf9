"""Starts child processes. The steps get `run` passed in, so that their tests need none."""

import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from function_buildpack import redaction
from function_buildpack.errors import ToolMissing


@dataclass(frozen=True)
class Result:
    """A process that has ended; the output holds stdout and stderr in their order."""

    status: int
    output: str


class Runner(Protocol):
    """Runs a command to its end."""

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        """Run the command; `on_line` gets each line of output as it comes.

        :raises ToolMissing: the command is not on the environment's PATH.
        """
        ...


def run(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    on_line: Callable[[str], None] | None = None,
) -> Result:
    """Run a command as a child process; see Runner."""
    program = shutil.which(str(command[0]), path=environ.get("PATH"))
    if program is None:
        raise ToolMissing(str(command[0]))
    with subprocess.Popen(
        [program, *map(str, command[1:])],
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # pack shows a build's stderr out of order with its stdout (buildpacks/pack#2330).
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as child:
        assert child.stdout is not None
        lines = list(_tee(child.stdout, on_line))
    return Result(child.returncode, "".join(lines))


def _tee(stream: Iterator[str], on_line: Callable[[str], None] | None) -> Iterator[str]:
    for line in stream:
        if on_line:
            on_line(line.rstrip("\n"))
        yield line


def masked(run: Runner, secrets: Collection[str]) -> Runner:
    """Return a runner whose output holds none of the secrets, line by line and as a whole."""

    def run_masked(
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
    ) -> Result:
        def tell(line: str) -> None:
            if on_line:
                on_line(redaction.known(line, secrets))

        result = run(command, environ=environ, cwd=cwd, on_line=tell)
        return Result(result.status, redaction.known(result.output, secrets))

    return run_masked
