"""The processes of a pod, from /proc of this machine, on which the node runs."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_KIB = 1024
# Field of /proc/<pid>/stat after the command's name: proc_pid_stat(5), starttime.
_STARTED = 19


@dataclass(frozen=True)
class Process:
    """A process, and when it began: seconds of the epoch, to a hundredth."""

    pid: int
    began: float


def of_container(container: str) -> list[Process]:
    """Return the processes in a container's control group, the first one first."""
    found = [process for process in _all() if container in _text(process.pid, "cgroup")]
    return sorted(found, key=lambda process: process.began)


def sandbox(process: Process) -> Process | None:
    """Return the first process of a process's pod: they share a network."""
    network = _network(process.pid)
    for other in _all():
        program = _text(other.pid, "cmdline").partition("\0")[0]
        if program.endswith("/pause") and _network(other.pid) == network:
            return other
    return None


def memory(processes: list[Process]) -> int:
    """Return the memory of processes in bytes. Each has its share of a shared page (PSS)."""
    total = 0
    for process in processes:
        for line in _text(process.pid, "smaps_rollup").splitlines():
            name, *rest = line.split()
            if name == "Pss:":
                total += int(rest[0]) * _KIB
    return total


def _all() -> Iterator[Process]:
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (stat := _text(int(entry.name), "stat")):
            ticks = int(stat.rpartition(")")[2].split()[_STARTED])
            yield Process(int(entry.name), booted + ticks / _TICKS)


def _network(pid: int) -> str:
    with suppress(OSError):  # it has ended
        return str((_PROC / str(pid) / "ns" / "net").readlink())
    return ""


def _text(pid: int, name: str) -> str:
    with suppress(OSError):  # it has ended
        return (_PROC / str(pid) / name).read_text(encoding="utf-8", errors="replace")
    return ""
