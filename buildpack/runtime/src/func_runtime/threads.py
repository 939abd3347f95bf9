"""Threads for what the function's author did not write as async."""

import asyncio
import contextvars
import functools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from func_runtime import cgroup

# Code that is not async mostly waits, for a database say: 32 calls that compute for 3 % of their
# time keep a CPU busy. Fewer than 16 would only wait in line, and more than 128 only for the GIL.
_PER_CPU = 32
_LEAST, _MOST = 16, 128


# After this time another start of a thread is tried, where there is none.
_RETRY_SECONDS = 0.05


class Threads:
    """A bounded set of threads, none of them started before it is needed."""

    def __init__(self, name: str, count: int = 0) -> None:
        """Take a name, and how many there may be: without, as many as suit the CPU limit."""
        self._name = name
        self._count = count

    async def run(self, function: Callable[..., object], *arguments: object) -> object:
        """Call a function in a thread, in the caller's context, and return its result."""
        call = functools.partial(contextvars.copy_context().run, function, *arguments)
        future = asyncio.get_running_loop().run_in_executor(self._executor, call)
        try:
            while self._executor.lacks_threads():  # noqa: ASYNC110 -- the system sets no event
                await asyncio.sleep(_RETRY_SECONDS)
            return await future
        finally:
            future.cancel()  # it is not begun for a caller that waits no longer

    @functools.cached_property
    def _executor(self) -> "_Executor":
        return _Executor(self._count or suitable(), thread_name_prefix=self._name)


class _Executor(ThreadPoolExecutor):
    """Has as many threads as the system lets it have; calls wait for these.

    Where a container may have no more processes (pids.max counts threads too), starting one raises
    RuntimeError, when the call is in the queue already.
    """

    def _adjust_thread_count(self) -> None:
        with suppress(RuntimeError):
            super()._adjust_thread_count()

    def lacks_threads(self) -> bool:
        """Say whether not a single thread could be started, after another try."""
        if not self._threads:
            self._adjust_thread_count()
        return not self._threads


def suitable(folder: str = cgroup.FOLDER) -> int:
    """Return how many threads suit the CPU limit of this container."""
    cpus = cgroup.cpus(folder) or 1.0
    return max(_LEAST, min(_MOST, math.ceil(_PER_CPU * cpus)))
