"""Serves an ASGI application on sockets. Nothing else imports uvloop."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from socket import socket
from typing import TYPE_CHECKING

from func_runtime.asgi import Application, Scope
from func_runtime.http.protocol import HttpProtocol
from func_runtime.http.server_state import ServerState
from func_runtime.lifecycle import sockets
from func_runtime.settings.settings import EventLoop
from func_runtime.settings.trusted_proxies import TrustedProxies

if TYPE_CHECKING:
    from func_runtime.websocket.websocket_state import WebSocketState

log = logging.getLogger("func_runtime")

_AT_ONCE = 32
_TICK_SECONDS = 1.0
# The time for connections to close after their requests.
_CLOSING_SECONDS = 0.5
_POLL_SECONDS = 0.01


def loop_factory(selected: EventLoop) -> Callable[[], asyncio.AbstractEventLoop]:
    """Return the factory of the event loop."""
    if selected is EventLoop.ASYNCIO:
        return asyncio.SelectorEventLoop
    import uvloop  # noqa: PLC0415 -- not imported if asyncio's loop is selected

    return uvloop.new_event_loop


def check_event_loop(chosen: EventLoop) -> None:
    """Warn of a package that has patched asyncio, which has no effect on uvloop."""
    if chosen is EventLoop.UVLOOP and hasattr(asyncio, "_nest_patched"):
        log.warning(
            "nest_asyncio cannot patch the event loop, which is uvloop. Set FUNC_EVENT_LOOP=asyncio"
        )


class Server:
    """Listens, serves and closes."""

    def __init__(
        self, app: Application, keep_alive: int, max_message: int, proxies: TrustedProxies
    ) -> None:
        """Take the application and its limits.

        :param keep_alive: seconds until an idle connection is closed.
        :param max_message: bytes of a WebSocket's message; with 0, the memory limit decides.
        :param proxies: the proxies whose X-Forwarded headers are used.
        """
        self._state = ServerState(app, keep_alive, self._websocket, proxies)
        self._max_message = max_message
        self._websockets: WebSocketState | None = None
        self._listening: list[asyncio.Server] = []
        self._ticking: asyncio.TimerHandle | None = None

    async def listen(self, bound: Iterable[socket]) -> None:
        """Accept connections on bound sockets.

        :raises AddressUnavailable: another process listens on one.
        """
        self._tick()
        loop = asyncio.get_running_loop()
        for sock in bound:
            sockets.listen(sock)
            # asyncio's own loop accepts as many as its backlog at once, before one can be closed.
            server = await loop.create_server(self._http, sock=sock, backlog=_AT_ONCE)
            sockets.listen(sock)  # restores the backlog
            self._listening.append(server)

    def descriptors(self, bound: Iterable[socket]) -> list[int]:
        """Return the file descriptors of bound sockets, and those of all connections."""
        connections = [each.transport.get_extra_info("socket") for each in self._state.connections]
        found = [each.fileno() for each in (*bound, *connections) if each is not None]
        return [descriptor for descriptor in found if descriptor >= 0]

    async def adopt(self, connection: socket, early: bytes) -> None:
        """Serve a connection that was accepted during the start, and its first bytes."""
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                lambda: _AdoptedConnection(self._state, early), connection
            )
        except OSError:  # the client has disconnected
            connection.close()

    async def close(self, deadline: float) -> None:
        """Accept no more connections. Close those that are open when their requests are done.

        :param deadline: a time of the event loop, when all are closed.
        """
        for server in self._listening:
            server.close()
        for connection in list(self._state.connections):
            connection.drain()
        await self._finish_requests(deadline)
        await self._finish_connections()
        if self._ticking is not None:
            self._ticking.cancel()

    async def _finish_requests(self, deadline: float) -> None:
        clock = asyncio.get_running_loop().time
        # Pipelined requests start when those before them are done.
        while (tasks := set(self._state.tasks)) and (left := deadline - clock()) > 0:
            await asyncio.wait(tasks, timeout=left)
        unfinished = set(self._state.tasks)
        if unfinished:
            log.error("%d requests took too long and were cut off", len(unfinished))
            for task in unfinished:
                task.cancel()
            await asyncio.wait(unfinished, timeout=_CLOSING_SECONDS)

    async def _finish_connections(self) -> None:
        """Let responses that are written reach their clients."""
        for connection in list(self._state.connections):
            connection.transport.close()
        for _ in range(round(_CLOSING_SECONDS / _POLL_SECONDS)):
            if not self._state.connections:
                return
            await asyncio.sleep(_POLL_SECONDS)

    def _http(self) -> HttpProtocol:
        return HttpProtocol(self._state)

    def _websocket(self, request: Scope) -> asyncio.Protocol:
        # Importing it takes half as long as all other imports together.
        from func_runtime.websocket.protocol import WebSocketProtocol  # noqa: PLC0415
        from func_runtime.websocket.websocket_state import WebSocketState  # noqa: PLC0415

        if self._websockets is None:
            self._websockets = WebSocketState(self._max_message)
        return WebSocketProtocol(self._state, self._websockets, request)

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        self._state.tick(loop.time())
        self._ticking = loop.call_later(_TICK_SECONDS, self._tick)


class _AdoptedConnection(HttpProtocol):
    """A connection of which bytes were read before it had a transport."""

    def __init__(self, state: ServerState, early: bytes) -> None:
        super().__init__(state)
        self._early = early

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start with the bytes that were read."""
        super().connection_made(transport)
        if self._early:
            self.data_received(self._early)
