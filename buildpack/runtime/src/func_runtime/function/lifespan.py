"""The life of the function: start, serve, stop."""

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

# The part of the time to stop that an application's shutdown may take, if there is a stop() too.
_FOR_APPLICATION = 0.5


class Phase(Enum):
    """The phase of a function's life."""

    STARTING = "starting"
    SERVING = "serving"
    STOPPING = "stopping"


class Lifespan:
    """Runs the start and stop hooks, each once, and knows the phase.

    `failure` is the first exception of stopping. It is logged too.
    """

    def __init__(
        self,
        function: Function,
        configuration: Callable[[], Configuration],
        application: "ApplicationLifespan | None" = None,
    ) -> None:
        """Take the hooks.

        :param configuration: returns what start(cfg) is called with.
        :param application: the lifespan of the application, if the function is one. It is started
            after start() and stopped before stop().
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
        """Whether there is anything to start."""
        return self._function.start is not None or self._application is not None

    async def start(self) -> None:
        """Run the start hook, then the application's startup. After them the function serves.

        :raises FunctionFailed: one of them raised.
        :raises StartupFailed: the application has sent lifespan.startup.failed.
        """
        if self._function.start is not None:
            try:
                await self._function.start(self._configuration())
            except Stopped:
                # What waits for this task has received the signal too, and cancels it.
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
        """Wait for the end of the start. Return whether the function serves. Requests wait here."""
        await self._decided.wait()
        return self._started

    def stopping(self) -> None:
        """Note that the process is stopping: from now on the function is not ready."""
        self.phase = Phase.STOPPING
        self._decided.set()

    async def stop(self, within: float) -> None:
        """Run the application's shutdown, then the stop hook, for at most `within` seconds.

        Exceptions are logged. The stop hook also runs if start() was cancelled, but not if start()
        failed.
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
    """Return whether this task was cancelled, and not something that the function awaits."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0


async def _stop(hook: Callable[[], Awaitable[object]], within: float) -> BaseException | None:
    """Run the stop hook and return its exception. One that is not async cannot be cancelled."""
    began = asyncio.get_running_loop().time()
    task = asyncio.create_task(_caught(hook))
    await asyncio.wait({task}, timeout=within)
    if not task.done() or asyncio.get_running_loop().time() - began > within:
        log.error("stop() took longer than %.1f s and was cut off", within)
        task.cancel()
        return TimeoutError("stop() took too long")
    error = asyncio.CancelledError() if task.cancelled() else task.result()
    if error is not None:
        log.error("stop() raised an exception", exc_info=error)
    return error


async def _caught(hook: Callable[[], Awaitable[object]]) -> BaseException | None:
    """Run a hook and return its exception. In a task, SystemExit would end the event loop."""
    try:
        await hook()
    except RAISED as error:
        return error
    return None
