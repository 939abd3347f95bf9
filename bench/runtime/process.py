"""Runs child processes, and reads their memory and CPU time from /proc."""

import os
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchFailed

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_KIB = 1024
_NANO = 1_000_000_000
# Fields of /proc/<pid>/stat after the command's name: proc_pid_stat(5).
_PARENT, _USER, _SYSTEM = 1, 11, 12
_ENDING_SECONDS = 10.0
_LOG_LINES = 20


@dataclass(frozen=True)
class Memory:
    """Memory of a process tree in bytes. `own` has only its share of each shared page (PSS)."""

    resident: int
    own: int


@dataclass(frozen=True)
class Cpu:
    """CPU time of a process tree in seconds: user and system together, and system alone."""

    total: float
    kernel: float

    def __sub__(self, before: "Cpu") -> "Cpu":
        """Return the time between two measurements."""
        return Cpu(self.total - before.total, self.kernel - before.kernel)


class Running:
    """A child process and its descendants."""

    def __init__(self, command: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
        self._command = command
        self._child = child
        self._log = log

    def log(self) -> str:
        """Return its output so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def check(self) -> None:
        """Check that it runs.

        :raises BenchFailed: it has ended.
        """
        if self._child.poll() is not None:
            raise self.failed(f"ended with {self._child.returncode}")

    def failed(self, what: str) -> BenchFailed:
        """Return the error for a problem, with the end of the log."""
        lines = [f"{self._command} {what}", *self.log().splitlines()[-_LOG_LINES:]]
        return BenchFailed("\n".join(lines))

    def cpu(self) -> Cpu:
        """Return the CPU time used so far."""
        used = [_cpu(pid) for pid in self._tree()]
        return Cpu(sum(part.total for part in used), sum(part.kernel for part in used))

    def exact_cpu_seconds(self) -> float:
        """Return the CPU time from a more exact clock, without threads that have ended."""
        return sum(_thread_seconds(pid) for pid in self._tree())

    def memory(self) -> Memory:
        """Return the memory in use."""
        parts = [_memory(pid) for pid in self._tree()]
        return Memory(sum(part.resident for part in parts), sum(part.own for part in parts))

    def end(self) -> None:
        """Kill it and its descendants: it has its own process group."""
        with suppress(ProcessLookupError):  # all processes have ended
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait(_ENDING_SECONDS)

    def _tree(self) -> list[int]:
        return tree(self._child.pid, _parents())


@contextmanager
def running(
    command: Sequence[str | Path], *, environ: Mapping[str, str], cwd: Path, log: Path
) -> Iterator[Running]:
    """Run a command within `with`."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = Running(" ".join(map(str, command)), child, log)
    try:
        yield process
    finally:
        process.end()


def complete(
    command: Sequence[str | Path],
    *,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    within: float = 600.0,
    codes: Collection[int] = (0,),
) -> str:
    """Run a command to its end and return its stdout.

    `codes` are the exit codes of success.

    :raises BenchFailed: it is missing, failed, or took too long.
    """
    try:
        ended = subprocess.run(
            command,
            env=dict(environ),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchFailed(str(error)) from error
    if ended.returncode not in codes:
        lines = f"{ended.stdout}\n{ended.stderr}".splitlines()[-_LOG_LINES:]
        raise BenchFailed("\n".join([f"{command[0]} failed", *lines]))
    return ended.stdout


def tree(root: int, parents: Mapping[int, int]) -> list[int]:
    """Return a process and its descendants. `parents` has the parent of each process."""
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def _parents() -> dict[int, int]:
    pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    return {pid: int(fields[_PARENT]) for pid in pids if (fields := _stat(pid))}


def _stat(pid: int) -> list[str]:
    """Return the fields from the state on; none if the process has ended."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()


def _cpu(pid: int) -> Cpu:
    if not (fields := _stat(pid)):
        return Cpu(0.0, 0.0)
    user, system = int(fields[_USER]), int(fields[_SYSTEM])
    return Cpu((user + system) / _TICKS, system / _TICKS)


def _thread_seconds(pid: int) -> float:
    # "Task time spent on the CPU" in ns: Documentation/scheduler/sched-stats.rst.
    total = 0
    for file in (_PROC / str(pid) / "task").glob("*/schedstat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # the thread ends just now
            total += int(file.read_text(encoding="utf-8").split()[0])
    return total / _NANO


def _memory(pid: int) -> Memory:
    sizes = {}
    text = (_PROC / str(pid) / "smaps_rollup").read_text(encoding="utf-8")
    for line in text.splitlines()[1:]:
        name, size, _unit = line.split()
        sizes[name] = int(size) * _KIB
    return Memory(sizes["Rss:"], sizes["Pss:"])
