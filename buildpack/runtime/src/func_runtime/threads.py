"""Threads for what the function's author did not write as async."""

import asyncio
import contextvars
import functools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

# Code that is not async mostly waits, for a database say: 32 calls that compute for 3 % of their
# time keep a CPU busy. Fewer than 16 would only wait in line, and more than 128 only for the GIL.
_PER_CPU = 32
_LEAST, _MOST = 16, 128

_CGROUP = "/sys/fs/cgroup"


class Threads:
    """A bounded set of threads, none of them started before it is needed."""

    def __init__(self, name: str, count: int = 0) -> None:
        """Take a name, and how many there may be: without, as many as suit the CPU limit."""
        self._name = name
        self._count = count

    async def run(self, function: Callable[..., object], *arguments: object) -> object:
        """Call a function in a thread, in the caller's context, and return its result."""
        call = functools.partial(contextvars.copy_context().run, function, *arguments)
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    @functools.cached_property
    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._count or suitable(), thread_name_prefix=self._name)


def suitable(cgroup: str = _CGROUP) -> int:
    """Return how many threads suit the CPU limit of this container.

    Not the number of CPUs: that is the node's.
    """
    cpus = _cpu_limit(cgroup) or 1.0
    return max(_LEAST, min(_MOST, math.ceil(_PER_CPU * cpus)))


def _cpu_limit(cgroup: str) -> float | None:
    """Return the limit in CPUs, None if there is none (or none to be seen).

    Version 2 says "max" or time and period in one file, version 1 -1 or the time
    (docs.kernel.org/admin-guide/cgroup-v2.html, scheduler/sched-bwc.html).
    """
    try:
        try:
            quota, period = _read(cgroup, "cpu.max").split()
        except FileNotFoundError:
            quota = _read(cgroup, "cpu/cpu.cfs_quota_us")
            period = _read(cgroup, "cpu/cpu.cfs_period_us")
        limit = int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
    return limit if limit > 0 else None


def _read(cgroup: str, name: str) -> str:
    with open(f"{cgroup}/{name}", encoding="ascii") as file:
        return file.read()
