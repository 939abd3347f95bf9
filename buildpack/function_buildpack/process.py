"""Starts child processes. The steps get `run` passed in, so that their tests need none."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from function_buildpack import redaction
from function_buildpack.errors import ToolMissing

# Of the output of a process with a time limit: it may have written for as long as that.
_KEPT_BYTES = 2**20
# What a process may take to write where it was, once its time is over.
_ABORT_SECONDS = 5.0


@dataclass(frozen=True)
class Result:
    """A process that has ended; the output holds stdout and stderr in their order.

    The status of one that a signal ended is the signal's number below zero.
    """

    status: int
    output: str
    in_time: bool = True


class Runner(Protocol):
    """Runs a command to its end."""

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        limit: float | None = None,
    ) -> Result:
        """Run the command; `on_line` gets each line of output as it comes.

        With a `limit`, in seconds, `on_line` gets the last lines when all is over, and whatever the
        command has started ends with it.

        :raises ToolMissing: the command is not on the environment's PATH.
        """
        ...


def run(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    on_line: Callable[[str], None] | None = None,
    limit: float | None = None,
) -> Result:
    """Run a command as a child process; see Runner."""
    program = shutil.which(str(command[0]), path=environ.get("PATH"))
    if program is None:
        raise ToolMissing(str(command[0]))
    words = [program, *map(str, command[1:])]
    if limit is not None:
        return _run_within(limit, words, environ, cwd, on_line)
    with subprocess.Popen(
        words,
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


def _run_within(
    limit: float,
    words: Sequence[str],
    environ: Mapping[str, str],
    cwd: Path,
    on_line: Callable[[str], None] | None,
) -> Result:
    # A file: a pipe would have no end as long as anything that the command has started is there.
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            words,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        in_time = _wait(child, limit)
        said.seek(max(0, said.seek(0, os.SEEK_END) - _KEPT_BYTES))
        kept = said.read().decode(errors="replace")
    lines = list(_tee(kept.splitlines(keepends=True), on_line))
    return Result(child.returncode, "".join(lines), in_time)


def _wait(child: subprocess.Popen[bytes], limit: float) -> bool:
    """Wait until it ends, or end it; whatever it has started is killed. Say if it was in time."""
    late = threading.Event()

    def abort() -> None:
        late.set()
        # A Python with its fault handler on writes where it was.
        child.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(_ABORT_SECONDS)
        child.kill()

    # Not child.wait(limit), which looks every 50 ms alone: a quick process would take longer.
    timer = threading.Timer(limit, abort)
    timer.daemon = True
    timer.start()
    try:
        child.wait()
    finally:
        timer.cancel()
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    return not late.is_set()


def _tee(stream: Iterable[str], on_line: Callable[[str], None] | None) -> Iterator[str]:
    for line in stream:
        if on_line:
            on_line(line.rstrip("\n"))
        yield line


def masked(run: Runner, secrets: Collection[str]) -> Runner:
    """Return a runner whose output holds none of the secrets, line by line and as a whole."""
    return _changed(run, lambda text: redaction.known(text, secrets))


def renamed(run: Runner, names: Mapping[str, str]) -> Runner:
    """Return a runner whose output has another path for some: the real one → the one to show."""

    def change(text: str) -> str:
        for real, shown in names.items():
            text = text.replace(real, shown)
        return text

    return _changed(run, change)


def _changed(run: Runner, change: Callable[[str], str]) -> Runner:
    def run_changed(
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        limit: float | None = None,
    ) -> Result:
        def tell(line: str) -> None:
            if on_line:
                on_line(change(line))

        result = run(command, environ=environ, cwd=cwd, on_line=tell, limit=limit)
        return replace(result, output=change(result.output))

    return run_changed
