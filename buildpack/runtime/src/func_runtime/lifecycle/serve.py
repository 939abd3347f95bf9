"""The life of the process, from the first signal handler to the last hook."""

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
    from func_runtime.lifecycle.startup_thread import WaitingRoom

log = logging.getLogger("func_runtime")

# The port opens when start() is done, so that a plain TCP probe (Knative's default) sees no port
# without a function behind it, but at the latest after this time: kubelet kills a container whose
# liveness it cannot ask for.
OPEN_AFTER = 1.0

# Of the time to shut down, what is kept for stop() after requests have used theirs.
_FOR_STOP = 0.25
_STOP_AT_LEAST = 0.5
# Seconds beyond its time until a stop() that keeps the loop from ending it is left behind.
_GRACE = 0.25
# Seconds for the requests that wait for a start which has failed.
_AFTER_FAILURE = 1.0


async def serve(
    server: Server,
    lifespan: Lifespan,
    sockets: list[socket.socket],
    probes: dict[str, Probe],
    settings: Settings,
) -> None:
    """Start the function, serve it until a signal comes, and stop it.

    `probes` are the health checks by path, for the time of the start.

    :raises StartFailure: the function did not start, or another process listens on an address.
    """
    exit_code = 0
    room: WaitingRoom | None = None

    def descriptors() -> list[int]:
        return [*server.descriptors(sockets), *(room.descriptors() if room else ())]

    with _signalled(settings.shutdown) as stop, forks.without(descriptors):
        stopping = asyncio.create_task(stop.wait())
        starting = asyncio.create_task(lifespan.start())
        try:
            room = _waiting_room(lifespan, sockets, probes, starting)
            await _start(server, sockets, room, starting, stopping)
            await stopping
        except StartFailure as failure:
            exit_code = failure.exit_code
            settings = settings._replace(lame_duck=0.0, shutdown=_AFTER_FAILURE)
            raise
        finally:
            starting.cancel()
            stopping.cancel()
            await _shut_down(server, lifespan, settings, exit_code)


def _waiting_room(
    lifespan: Lifespan,
    sockets: list[socket.socket],
    probes: dict[str, Probe],
    starting: asyncio.Task[None],
) -> "WaitingRoom | None":
    """Open what serves the sockets during the start, if that may take a while."""
    if not lifespan.may_take_long:
        return None
    from func_runtime.lifecycle.startup_thread import WaitingRoom  # noqa: PLC0415 -- most functions need none

    call = asyncio.get_running_loop().call_soon_threadsafe
    room = WaitingRoom(sockets, probes, failed=partial(call, starting.cancel))
    try:
        room.open(OPEN_AFTER)
    except RuntimeError as error:  # of --pids-limit, say
        log.warning("Nothing is answered while the function starts: %s", error)
        return None
    return room


async def _start(
    server: Server,
    sockets: list[socket.socket],
    room: "WaitingRoom | None",
    starting: asyncio.Task[None],
    stopping: asyncio.Task[bool],
) -> None:
    """Wait for the function to start, or for the signal, and serve what has come meanwhile.

    :raises StartFailure: see serve.
    """
    both: set[asyncio.Task[None] | asyncio.Task[bool]] = {starting, stopping}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    waiting = room.close() if room else []
    started = starting.done() and not starting.cancelled() and starting.exception() is None
    serving = started and not stopping.done()
    is_open = room is not None and room.is_open
    if is_open or serving:
        await server.listen(sockets)
    if serving and not is_open:
        log.info("Listening on %s", bound_sockets.names(sockets))
    for each in waiting:
        await server.adopt(each.connection, each.early)
    if room and room.failure:
        raise room.failure
    if starting.done():
        await starting
    if serving:
        _take_signals_back()
        log.info("The function is serving")


async def _shut_down(
    server: Server, lifespan: Lifespan, settings: Settings, exit_code: int
) -> None:
    """Let requests end, then the function, all within the time that there is."""
    now = asyncio.get_running_loop().time
    end = now() + settings.shutdown
    log.info("Stopping: the function is not ready any more")
    lifespan.stopping()
    await asyncio.sleep(min(settings.lame_duck, settings.shutdown))
    await server.close(end - settings.shutdown * _FOR_STOP)
    within = max(end - now(), _STOP_AT_LEAST)
    with _leaving_after(within + _GRACE, exit_code):
        await lifespan.stop(within)
    log.info("Stopped")


@contextmanager
def _leaving_after(seconds: float, exit_code: int) -> Iterator[None]:
    """End the process if the event loop does not get out of this block in time.

    A stop() that is not async runs on the loop's thread, and nothing there can end it.
    """

    def leave() -> None:
        log.error("stop() took longer than %.1f s: leaving without its end", seconds)
        os._exit(exit_code)

    timer = threading.Timer(seconds, leave)
    timer.daemon = True
    with suppress(RuntimeError):  # no thread can be had
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _signalled(shutdown: float | None = None) -> Iterator[asyncio.Event]:
    """Yield an event that the first signal sets; `shutdown` is as in signals.notifying."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def received() -> None:
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
