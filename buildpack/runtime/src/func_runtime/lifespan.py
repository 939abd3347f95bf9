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
        self._decided = asyncio.Event()
        self._started = False
        self._failed = False

    async def start(self) -> None:
        """Run the start hook; after it the function serves.

        :raises FunctionFailed: it raised.
        """
        if self._function.start is not None:
            try:
                await self._function.start(self._configuration())
            except RAISED as error:
                self._failed = True
                raise FunctionFailed("start()") from error
        self._started = True
        if self.phase is Phase.STARTING:
            self.phase = Phase.SERVING
        self._decided.set()

    async def started(self) -> bool:
        """Wait until start() is done, or will never be. Requests wait here meanwhile."""
        await self._decided.wait()
        return self._started

    def stopping(self) -> None:
        """Note that the process is about to end: from now on the function is not ready."""
        self.phase = Phase.STOPPING
        self._decided.set()

    async def stop(self, within: float) -> None:
        """Run the stop hook, no longer than `within` seconds. What goes wrong is logged.

        It runs for a function whose start was cut off too, but not for one whose start failed.
        """
        if self._function.stop is None or self._failed:
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
