"""The life of the process, from the first signal handler to the last hook."""

import asyncio
import contextvars
import logging
import signal
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from func_runtime import children, signals
from func_runtime import sockets as bound_sockets
from func_runtime.errors import StartFailure, Stopped
from func_runtime.lifespan import Lifespan
from func_runtime.server import Server
from func_runtime.settings import Settings

log = logging.getLogger("func_runtime")

# The port opens when start() is done, so that a plain TCP probe (Knative's default) sees no port
# without a function behind it, but at the latest after this time: kubelet kills a container whose
# liveness it cannot ask for.
OPEN_AFTER = 1.0

# Of the time to shut down, what is kept for stop() after requests have used theirs.
_FOR_STOP = 0.25
_STOP_AT_LEAST = 0.5
# Seconds for the requests that wait for a start which has failed.
_AFTER_FAILURE = 1.0


async def serve(
    server: Server, lifespan: Lifespan, sockets: list[socket.socket], settings: Settings
) -> None:
    """Start the function, serve it until a signal comes, and stop it.

    :raises FunctionFailed: start() raised.
    :raises AddressUnavailable: another process listens on an address by now.
    """
    with (
        _signalled(settings.shutdown) as stop,
        children.without(lambda: server.descriptors(sockets)),
    ):
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(lifespan.start())
        try:
            await _start(server, sockets, starting, stopping)
            await stopping
        except StartFailure:
            settings = settings._replace(lame_duck=0.0, shutdown=_AFTER_FAILURE)
            raise
        finally:
            starting.cancel()
            stopping.cancel()
            await _shut_down(server, lifespan, settings)


async def _start(
    server: Server,
    sockets: list[socket.socket],
    starting: asyncio.Task[None],
    stopping: asyncio.Task[bool],
) -> None:
    """Open the port and wait for the function to start, or for the signal.

    :raises StartFailure: see serve.
    """
    await _either(starting, stopping, OPEN_AFTER)
    if stopping.done():
        return
    await server.listen(sockets)
    log.info("Listening on %s", bound_sockets.names(sockets))
    await _either(starting, stopping)
    if starting.done():
        _take_signals_back()
        log.info("The function is serving")


async def _either(
    starting: asyncio.Task[None], stopping: asyncio.Task[bool], within: float | None = None
) -> None:
    """Wait for the start or the signal.

    :raises FunctionFailed: the start ended so.
    """
    both: set[asyncio.Task[None] | asyncio.Task[bool]] = {starting, stopping}
    await asyncio.wait(both, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    if starting.done():
        await starting


async def _shut_down(server: Server, lifespan: Lifespan, settings: Settings) -> None:
    """Let requests end, then the function, all within the time that there is."""
    now = asyncio.get_running_loop().time
    end = now() + settings.shutdown
    log.info("Stopping: the function is not ready any more")
    lifespan.stopping()
    await asyncio.sleep(min(settings.lame_duck, settings.shutdown))
    await server.close(end - settings.shutdown * _FOR_STOP)
    await lifespan.stop(within=max(end - now(), _STOP_AT_LEAST))
    log.info("Stopped")


@contextmanager
def _signalled(shutdown: float | None = None) -> Iterator[asyncio.Event]:
    """Yield an event that the first signal sets; `shutdown` is as in signals.notifying."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def received() -> None:
        if not stop.is_set():
            log.info("%s received", signal.Signals(signals.process.first).name)
            stop.set()

    # A signal may interrupt a request, and is not part of its context.
    context = contextvars.copy_context()
    notify = partial(loop.call_soon_threadsafe, received, context=context)
    with signals.process.notifying(notify, shutdown):
        yield stop


def _take_signals_back() -> None:
    for name in signals.process.take_back():
        log.warning(
            "The handler that the function has set for %s is not called: clean up in stop()", name
        )


async def until_signalled(coroutine: Coroutine[Any, Any, object]) -> object:
    """Return what a coroutine returns, unless a signal comes first: then it is cancelled.

    :raises Stopped: a signal came.
    """
    with _signalled() as stop:
        running = asyncio.ensure_future(coroutine)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not running.done():
            running.cancel()
            await asyncio.wait({running})
            raise Stopped
        return running.result()
