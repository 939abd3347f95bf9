"""Runs child processes. Other modules get `run` as an argument, so their tests can replace it."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from function_buildpack.log import redaction
from function_buildpack.log.errors.tools import ToolMissing

if TYPE_CHECKING:
    from function_buildpack.system.kernel import Confinement  # imports ctypes: detect does without

# The maximum of kept output of a process with a time limit, which may write all the time.
_KEPT_BYTES = 2**20
# The time in which a process can write its position after the time limit.
_ABORT_SECONDS = 5.0


@dataclass(frozen=True)
class Result:
    """The result of a process. `output` has stdout and stderr in their order.

    The status of a process that a signal killed is the negative number of the signal.
    """

    status: int
    output: str
    in_time: bool = True


class Runner(Protocol):
    """Runs a command to its end."""

    def __call__(  # noqa: PLR0913 -- keywords
        self,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[str], None] | None = None,
        limit: float | None = None,
        confinement: "Confinement | None" = None,
    ) -> Result:
        """Run the command. `on_line` gets each line of output, and its exceptions stop the command.

        With a `limit` in seconds, `on_line` gets the last lines at the end.

        With a `confinement`, the command and its child processes are confined if the kernel can do
        that. With a limit or a confinement, child processes are killed when the command exits.

        :raises ToolMissing: the command is not on the environment's PATH.
        """
        ...


def run(  # noqa: PLR0913 -- see above
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    cwd: Path,
    on_line: Callable[[str], None] | None = None,
    limit: float | None = None,
    confinement: "Confinement | None" = None,
) -> Result:
    """Run a command as a child process; see Runner."""
    program = shutil.which(str(command[0]), path=environ.get("PATH"))
    if program is None:
        raise ToolMissing(str(command[0]))
    start = partial(
        subprocess.Popen[Any],
        [program, *map(str, command[1:])],
        cwd=cwd,
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        # pack shows a build's stderr out of order with its stdout (buildpacks/pack#2330).
        stderr=subprocess.STDOUT,
    )
    if limit is not None:
        return _run_within(limit, start, on_line, confinement)
    piped = partial(start, stdout=subprocess.PIPE, text=True, errors="replace")
    alone = nullcontext() if confinement is None else _no_descendants()
    with alone, _child(piped, confinement) as child:
        assert child.stdout is not None
        with child.stdout:
            lines = list(_tee(child.stdout, on_line))
        child.wait()
    return Result(child.returncode, "".join(lines))


def _run_within(
    limit: float,
    start: Callable[..., subprocess.Popen[Any]],
    on_line: Callable[[str], None] | None,
    confinement: "Confinement | None",
) -> Result:
    # Not a pipe, which stays open as long as any child process of the command runs.
    with tempfile.TemporaryFile() as said:
        apart = partial(start, stdout=said, start_new_session=True)
        with _no_descendants(), _child(apart, confinement) as child:
            in_time = _wait(child, limit)
        said.seek(max(0, said.seek(0, os.SEEK_END) - _KEPT_BYTES))
        kept = said.read().decode(errors="replace")
    lines = list(_tee(kept.splitlines(keepends=True), on_line))
    return Result(child.returncode, "".join(lines), in_time)


def _wait(child: subprocess.Popen[Any], limit: float) -> bool:
    """Wait until a process exits, or kill it. Return whether it was in time."""
    late = threading.Event()

    def abort() -> None:
        late.set()
        # Python's fault handler writes its position.
        child.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            child.wait(_ABORT_SECONDS)
        child.kill()

    # Not child.wait(limit), which checks only every 50 ms: a quick process would take longer.
    timer = threading.Timer(limit, abort)
    timer.daemon = True
    timer.start()
    try:
        child.wait()
    finally:
        timer.cancel()
    return not late.is_set()


# Running children of `run`. Threads may start several.
_started = set[int]()
_starting = threading.Lock()


@contextmanager
def _child(
    start: Callable[[], subprocess.Popen[Any]], confinement: "Confinement | None"
) -> Iterator[subprocess.Popen[Any]]:
    """Yield a child process, and kill it at the end if it still runs."""
    with _starting:
        child = start() if confinement is None else _start_confined(start, confinement)
        _started.add(child.pid)
    try:
        yield child
    finally:
        child.kill()  # does nothing after child.wait()
        child.wait()
        _started.discard(child.pid)


def _start_confined(
    start: Callable[[], subprocess.Popen[Any]], confinement: "Confinement"
) -> subprocess.Popen[Any]:
    """Start a process from a confined thread, so that only the new process is confined."""
    from function_buildpack.system import kernel  # noqa: PLC0415 -- detect does not need it

    with ThreadPoolExecutor(1) as thread:
        thread.submit(kernel.restrict, confinement, kernel.version()).result()
        return thread.submit(start).result()


@contextmanager
def _no_descendants() -> Iterator[None]:
    """Kill all remaining descendants of a command at the end, including daemons.

    A process whose parent has exited becomes a child of this one (prctl(2), "subreaper").
    """
    from function_buildpack.system import kernel  # noqa: PLC0415 -- see above

    kernel.adopt_orphans()
    others = _children()
    try:
        yield
    finally:
        while left := _left(others):
            for pid in left:
                _kill(pid)


def _left(others: set[int]) -> set[int]:
    with _starting:  # otherwise a new child of ours may not be in `_started` yet
        return _children() - others - _started


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _children() -> set[int]:
    """Return the children of this process (proc(5), "stat")."""
    own, found = os.getpid(), set[int]()
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdigit()]
    for pid in pids:
        # The process may exit in the meantime.
        with suppress(OSError), Path("/proc", str(pid), "stat").open("rb") as file:
            if int(file.read().rpartition(b")")[2].split()[1]) == own:
                found.add(pid)
    return found


def _tee(stream: Iterable[str], on_line: Callable[[str], None] | None) -> Iterator[str]:
    for line in stream:
        if on_line:
            on_line(line.rstrip("\n"))
        yield line


def masked(run: Runner, secrets: Collection[str]) -> Runner:
    """Return a runner whose output does not contain the secrets."""
    return _changed(run, lambda text: redaction.known(text, secrets))


def renamed(run: Runner, names: Mapping[str, str]) -> Runner:
    """Return a runner with other paths in its output: real path → shown path."""

    def change(text: str) -> str:
        for real, shown in names.items():
            text = text.replace(real, shown)
        return text

    return _changed(run, change)


def _changed(run: Runner, change: Callable[[str], str]) -> Runner:
    def run_changed(
        command: Sequence[str | Path],
        *,
        on_line: Callable[[str], None] | None = None,
        **options: Any,  # noqa: ANN401 -- passed on unchanged
    ) -> Result:
        def show(line: str) -> None:
            if on_line:
                on_line(change(line))

        result = run(command, on_line=show, **options)
        return replace(result, output=change(result.output))

    return run_changed
