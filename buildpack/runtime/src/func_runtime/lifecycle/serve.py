"""The life of the process: start, serve, stop."""

import asyncio
import contextvars
import logging
import os
import signal
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from func_runtime.errors import StartFailure, Stopped
from func_runtime.function.health import Probe
from func_runtime.function.lifespan import Lifespan
from func_runtime.lifecycle import sockets as bound_sockets
from func_runtime.lifecycle.server import Server
from func_runtime.settings.settings import Settings
from func_runtime.system import forks, signals

if TYPE_CHECKING:
    from func_runtime.lifecycle.startup_thread import StartupThread

log = logging.getLogger("func_runtime")

# The port opens when start() is done: for a TCP probe (Knative's default) an open port means that
# the function serves. But it opens after this time at the latest: kubelet kills a container that
# does not answer liveness probes.
OPEN_AFTER = 1.0

# The part of the time to shut down that is reserved for stop().
_FOR_STOP = 0.25
_STOP_AT_LEAST = 0.5
# Seconds after its time until the process exits without a stop() that blocks the event loop.
_GRACE = 0.25
# Seconds to answer the requests that have waited for a start, if it fails.
_AFTER_FAILURE = 1.0


async def serve(
    server: Server,
    lifespan: Lifespan,
    sockets: list[socket.socket],
    probes: dict[str, Probe],
    settings: Settings,
) -> None:
    """Start the function, serve it until a signal comes, and stop it.

    :param probes: the health checks by path, for the time of the start.
    :raises StartFailure: the function did not start, or another process listens on an address.
    """
    exit_code = 0
    startup: StartupThread | None = None

    def descriptors() -> list[int]:
        return [*server.descriptors(sockets), *(startup.descriptors() if startup else ())]

    with _signalled(settings.shutdown) as stop, forks.serving(descriptors):
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(lifespan.start())
        try:
            startup = _startup_thread(lifespan, sockets, probes, starting)
            await _start(server, sockets, startup, starting, stopping)
            await stopping
        except StartFailure as failure:
            exit_code = failure.exit_code
            settings = settings._replace(lame_duck=0.0, shutdown=_AFTER_FAILURE)
            raise
        finally:
            starting.cancel()
            stopping.cancel()
            await _shut_down(server, lifespan, settings, exit_code)


def _startup_thread(
    lifespan: Lifespan,
    sockets: list[socket.socket],
    probes: dict[str, Probe],
    starting: asyncio.Task[None],
) -> "StartupThread | None":
    """Start the thread that serves the sockets during the start, if that may take long."""
    if not lifespan.may_take_long:
        return None
    from func_runtime.lifecycle.startup_thread import StartupThread  # noqa: PLC0415 -- most functions need none

    call = asyncio.get_running_loop().call_soon_threadsafe
    startup = StartupThread(sockets, probes, failed=partial(call, starting.cancel))
    try:
        startup.start(OPEN_AFTER)
    except RuntimeError as error:  # for example with --pids-limit
        log.warning("Health checks are not answered while the function starts: %s", error)
        return None
    return startup


async def _start(
    server: Server,
    sockets: list[socket.socket],
    startup: "StartupThread | None",
    starting: asyncio.Task[None],
    stopping: asyncio.Task[bool],
) -> None:
    """Wait for the function to start, or for a signal. Then serve the connections that have waited.

    :raises StartFailure: as serve.
    """
    both: set[asyncio.Task[None] | asyncio.Task[bool]] = {starting, stopping}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    held = startup.close() if startup else []
    started = starting.done() and not starting.cancelled() and starting.exception() is None
    serving = started and not stopping.done()
    is_open = startup is not None and startup.is_open
    if is_open or serving:
        await server.listen(sockets)
    if serving and not is_open:
        log.info("Listening on %s", bound_sockets.names(sockets))
    for each in held:
        await server.adopt(each.connection, each.early)
    if startup and startup.failure:
        raise startup.failure
    if starting.done():
        await starting
    if serving:
        _restore_signal_handlers()
        log.info("The function is serving")


async def _shut_down(
    server: Server, lifespan: Lifespan, settings: Settings, exit_code: int
) -> None:
    """Let requests end, then stop the function, all within the time to shut down."""
    now = asyncio.get_running_loop().time
    end = now() + settings.shutdown
    log.info("Stopping: the function is not ready any more")
    lifespan.stopping()
    await asyncio.sleep(min(settings.lame_duck, settings.shutdown))
    await server.close(end - settings.shutdown * _FOR_STOP)
    within = max(end - now(), _STOP_AT_LEAST)
    with _exiting_after(within + _GRACE, exit_code):
        await lifespan.stop(within)
    log.info("Stopped")


@contextmanager
def _exiting_after(seconds: float, exit_code: int) -> Iterator[None]:
    """Exit if the event loop does not leave this block in time.

    A stop() that is not async runs in the thread of the event loop, and cannot be cancelled.
    """

    def exit_now() -> None:
        log.error("stop() took longer than %.1f s: exiting without it", seconds)
        os._exit(exit_code)

    timer = threading.Timer(seconds, exit_now)
    timer.daemon = True
    with suppress(RuntimeError):  # there can be no thread
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _signalled(shutdown: float | None = None) -> Iterator[asyncio.Event]:
    """Yield an event that the first signal sets. `shutdown` is that of signals.notifying."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def received() -> None:
        log.info("%s received", signal.Signals(signals.process.first).name)
        stop.set()

    # A signal may interrupt a request, but does not belong to its context.
    context = contextvars.copy_context()
    notify = partial(loop.call_soon_threadsafe, received, context=context)
    with signals.process.notifying(notify, shutdown):
        yield stop


def _restore_signal_handlers() -> None:
    for name in signals.process.restore_handlers():
        log.warning("The function's handler for %s is not called. Clean up in stop()", name)


async def until_signalled(coroutine: Coroutine[Any, Any, object]) -> object:
    """Return the result of a coroutine. If a signal comes first, it is cancelled.

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
