"""Threads for what the function's author did not write as async."""

import asyncio
import contextvars
import functools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from func_runtime import cgroup

# Code that is not async mostly waits, for a database say: 32 calls that compute for 3 % of their
# time keep a CPU busy. Fewer than 16 would only wait in line, and more than 128 only for the GIL.
_PER_CPU = 32
_LEAST, _MOST = 16, 128


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


def suitable(folder: str = cgroup.FOLDER) -> int:
    """Return how many threads suit the CPU limit of this container."""
    cpus = cgroup.cpus(folder) or 1.0
    return max(_LEAST, min(_MOST, math.ceil(_PER_CPU * cpus)))
