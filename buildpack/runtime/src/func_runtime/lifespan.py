"""The life of the function: start, serve, stop, and who may wait for what."""

import asyncio
import logging
from collections.abc import Callable
from enum import Enum

from func_runtime.errors import FunctionFailed
from func_runtime.function import Configuration, Function
from func_runtime.loader import RAISED

log = logging.getLogger("func_runtime")


class Phase(Enum):
    """Where the function is in its life."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"


class Lifespan:
    """Runs the start and stop hooks, each once, and knows the phase."""

    def __init__(self, function: Function, configuration: Callable[[], Configuration]) -> None:
        self.phase = Phase.STARTING
        self._function = function
        self._configuration = configuration
        self._started = asyncio.Event()

    async def start(self) -> None:
        """Run the start hook; after it the function serves.

        :raises FunctionFailed: it raised.
        """
        if self._function.start is not None:
            try:
                await self._function.start(self._configuration())
            except RAISED as error:
                raise FunctionFailed("start()") from error
        if self.phase is Phase.STARTING:
            self.phase = Phase.SERVING
        self._started.set()

    async def until_started(self) -> None:
        """Return once start() is done. Requests wait here meanwhile."""
        await self._started.wait()

    def stopping(self) -> None:
        """Note that the process is about to end: from now on the function is not ready."""
        self.phase = Phase.STOPPING

    async def stop(self, within: float) -> None:
        """Run the stop hook, no longer than `within` seconds. What goes wrong is logged."""
        if self._function.stop is None:
            return
        task = asyncio.ensure_future(self._function.stop())
        await asyncio.wait({task}, timeout=within)
        if task.done():
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if error is not None:
                log.error("stop() raised an exception", exc_info=error)
        else:
            log.error("stop() took longer than %.1f s and is left behind", within)
            task.cancel()
