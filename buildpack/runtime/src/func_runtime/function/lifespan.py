"""The life of the function: start, serve, stop, and who may wait for what."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import TYPE_CHECKING

from func_runtime.errors import FunctionFailed, Stopped
from func_runtime.function.adapter import Configuration, Function
from func_runtime.function.loader import RAISED

if TYPE_CHECKING:
    from func_runtime.function.application_lifespan import ApplicationLifespan

log = logging.getLogger("func_runtime")

# Of the time to stop, what an application's shutdown may take where there is a stop() after it.
_FOR_APPLICATION = 0.5


class Phase(Enum):
    """Where the function is in its life."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"


class Lifespan:
    """Runs the start and stop hooks, each once, and knows the phase.

    `failure` is the first thing that went wrong while it stopped; the log has it too.
    """

    def __init__(
        self,
        function: Function,
        configuration: Callable[[], Configuration],
        application: "ApplicationLifespan | None" = None,
    ) -> None:
        """Take the hooks, what start(cfg) gets, and the lifespan of the application, if it is one.

        :param application: is started after start() and stopped before stop().
        """
        self.phase = Phase.STARTING
        self.failure: BaseException | None = None
        self._function = function
        self._configuration = configuration
        self._application = application
        self._decided = asyncio.Event()
        self._started = False
        self._failed = False

    @property
    def may_take_long(self) -> bool:
        """Say whether there is anything to start."""
        return self._function.start is not None or self._application is not None

    async def start(self) -> None:
        """Run the start hook, then the application's startup; after them the function serves.

        :raises FunctionFailed: one of them raised. :raises StartupFailed: see there.
        """
        if self._function.start is not None:
            try:
                await self._function.start(self._configuration())
            except Stopped:
                # Who waits for this task has the signal as well, and cancels it.
                await asyncio.get_running_loop().create_future()
            except (*RAISED, asyncio.CancelledError) as error:
                if _is_cancelled(error):
                    raise
                self._failed = True
                raise FunctionFailed("start()") from error
        if self._application is not None:
            await self._application.start()
        self._started = True
        if self.phase is Phase.STARTING:
            self.phase = Phase.SERVING
        self._decided.set()

    async def started(self) -> bool:
        """Wait until the start is done, or will never be. Requests wait here meanwhile."""
        await self._decided.wait()
        return self._started

    def stopping(self) -> None:
        """Note that the process is about to end: from now on the function is not ready."""
        self.phase = Phase.STOPPING
        self._decided.set()

    async def stop(self, within: float) -> None:
        """Run the application's shutdown, then the stop hook, no longer than `within` seconds.

        What goes wrong is logged. The stop hook runs for a function whose start was cut off too,
        but not for one whose start failed.
        """
        stop = None if self._failed else self._function.stop
        end = asyncio.get_running_loop().time() + within
        if self._application is not None:
            await self._application.stop(within * _FOR_APPLICATION if stop else within)
            self.failure = self._application.failure
        if stop is not None:
            failure = await _stop(stop, end - asyncio.get_running_loop().time())
            self.failure = self.failure or failure


def _is_cancelled(error: BaseException) -> bool:
    """Say whether this task is to end: else something was cancelled that the function awaited."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def _stop(hook: Callable[[], Awaitable[object]], within: float) -> BaseException | None:
    """Run the stop hook and return what went wrong. One that is not async takes what it takes."""
    began = asyncio.get_running_loop().time()
    task = asyncio.create_task(_caught(hook))
    await asyncio.wait({task}, timeout=within)
    if not task.done() or asyncio.get_running_loop().time() - began > within:
        log.error("stop() took longer than %.1f s and is left behind", within)
        task.cancel()
        return TimeoutError("stop() took too long")
    error = asyncio.CancelledError() if task.cancelled() else task.result()
    if error is not None:
        log.error("stop() raised an exception", exc_info=error)
    return error


async def _caught(hook: Callable[[], Awaitable[object]]) -> BaseException | None:
    """Run a hook. A task that raises SystemExit would end the event loop (asyncio.Task)."""
    try:
        await hook()
    except RAISED as error:
        return error
    return None
