"""Serves an ASGI application on sockets: HTTP by http_protocol, WebSocket by uvicorn, on uvloop.

The only importer of uvicorn and uvloop. The life of the process is ours (serve.py).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from socket import socket
from typing import TYPE_CHECKING, cast

import uvloop

from func_runtime import sockets
from func_runtime.asgi import Application
from func_runtime.forwarded import Proxies
from func_runtime.http_protocol import HttpProtocol, State

if TYPE_CHECKING:
    from uvicorn.server import ServerState

log = logging.getLogger("func_runtime")

_BACKLOG = 2048
_AT_ONCE = 32
_TICK_SECONDS = 1.0
# What connections may take to close once their requests are done or cut off.
_CLOSING_SECONDS = 0.5
_POLL_SECONDS = 0.01

new_event_loop = uvloop.new_event_loop


class Server:
    """Listens, serves, and lets go, each when told so."""

    def __init__(self, app: Application, keep_alive: int, proxies: Proxies) -> None:
        self._state = State(app, keep_alive, self._websocket, proxies)
        self._listening: list[asyncio.Server] = []
        self._ticking: asyncio.TimerHandle | None = None
        self._new_websocket: Callable[[], asyncio.Protocol] | None = None

    async def listen(self, bound: Iterable[socket]) -> None:
        """Accept connections on bound sockets.

        :raises AddressUnavailable: another process has begun to listen on one.
        """
        self._tick()
        loop = asyncio.get_running_loop()
        for sock in bound:
            try:
                sock.listen(_BACKLOG)
            except OSError as error:
                raise sockets.unavailable(sockets.names([sock]), error) from error
            # asyncio's own loop accepts as many as its backlog at once, before any can be closed.
            server = await loop.create_server(self._http, sock=sock, backlog=_AT_ONCE)
            sock.listen(_BACKLOG)
            self._listening.append(server)

    async def close(self, deadline: float) -> None:
        """Accept no more connections, and end all when their requests are done or at the deadline.

        `deadline` is a time of the event loop.
        """
        for server in self._listening:
            server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        await self._finish_requests(deadline)
        await self._finish_connections()
        if self._ticking is not None:
            self._ticking.cancel()

    async def _finish_requests(self, deadline: float) -> None:
        clock = asyncio.get_running_loop().time
        # Requests that were pipelined begin when those before them are done.
        while (tasks := set(self._state.tasks)) and (left := deadline - clock()) > 0:
            await asyncio.wait(tasks, timeout=left)
        unfinished = set(self._state.tasks)
        if unfinished:
            log.error("%d requests took too long to end and were cut off", len(unfinished))
            for task in unfinished:
                task.cancel()
            await asyncio.wait(unfinished, timeout=_CLOSING_SECONDS)

    async def _finish_connections(self) -> None:
        """Let answers that are written reach their clients."""
        for connection in list(self._state.connections):
            connection.transport.close()
        for _ in range(round(_CLOSING_SECONDS / _POLL_SECONDS)):
            if not self._state.connections:
                return
            await asyncio.sleep(_POLL_SECONDS)

    def _http(self) -> HttpProtocol:
        return HttpProtocol(self._state)

    def _websocket(self) -> asyncio.Protocol:
        if self._new_websocket is None:
            self._new_websocket = _websocket(self._state)
        return self._new_websocket()

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._state.tick(loop.time())
        self._ticking = loop.call_later(_TICK_SECONDS, self._tick)


def _websocket(state: State) -> Callable[[], asyncio.Protocol]:
    """Return what makes the protocol of a WebSocket; uvicorn is imported with the first of them."""
    from uvicorn.config import Config  # noqa: PLC0415 -- takes as long as all that serves HTTP
    from uvicorn.protocols.websockets.wsproto_impl import WSProtocol  # noqa: PLC0415

    config = Config(state.app, interface="asgi3", lifespan="off", log_config=None)
    # What Config.load() does beyond this is to import the lifespan and find out the interface.
    config.loaded_app = state.app
    config.loaded = True
    # It tells what the application does wrong, which ours has told by then, and what clients ask
    # for, with the query, which may have secrets.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    return partial(WSProtocol, config, cast("ServerState", state), {})
