"""Threads for the hooks of a function that are not async."""

import asyncio
import contextvars
import functools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from func_runtime.system import cgroup

# Code that is not async mostly waits, for a database for example: 32 calls that compute for 3 % of
# their time keep a CPU busy. With fewer than 16 threads calls would wait in line, and more than 128
# would wait for the GIL.
_PER_CPU = 32
_LEAST, _MOST = 16, 128

# Seconds until the system is asked for a thread again, if it has given none.
_RETRY_SECONDS = 0.05


class Threads:
    """A bounded set of threads. Each is started when it is needed."""

    def __init__(self, name: str, count: int = 0) -> None:
        """Take a name and the number of threads; with 0, the container's CPU limit decides."""
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
            future.cancel()  # a call whose caller was cancelled is not started

    @functools.cached_property
    def _executor(self) -> "_Executor":
        return _Executor(self._count or default_count(), thread_name_prefix=self._name)


class _Executor(ThreadPoolExecutor):
    """Has as many threads as the system allows. Calls wait for these.

    In a container that may have no more processes (pids.max counts threads too), starting a thread
    raises RuntimeError, after the call was put into the queue.
    """

    def _adjust_thread_count(self) -> None:
        with suppress(RuntimeError):
            super()._adjust_thread_count()

    def lacks_threads(self) -> bool:
        """Return whether no thread at all could be started, after another attempt."""
        if not self._threads:
            self._adjust_thread_count()
        return not self._threads


def default_count(folder: str = cgroup.FOLDER) -> int:
    """Return the number of threads for the CPU limit of this container."""
    cpus = cgroup.cpus(folder) or 1.0
    return max(_LEAST, min(_MOST, math.ceil(_PER_CPU * cpus)))
