"""Threads for what the function's author did not write as async."""

import asyncio
import contextvars
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Threads:
    """A bounded set of threads, none of them started before it is needed."""

    def __init__(self, name: str, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(self, function: Callable[..., object], *arguments: object) -> object:
        """Call a function in a thread, in the caller's context, and return its result."""
        call = functools.partial(contextvars.copy_context().run, function, *arguments)
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)
