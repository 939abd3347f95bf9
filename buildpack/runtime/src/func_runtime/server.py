"""Serves an ASGI application on sockets, with uvicorn's protocol classes on uvloop.

The only importer of both. Of uvicorn it takes what speaks HTTP and WebSocket. The life of the
process is ours (serve.py): uvicorn's Server answers no probe while an application starts, forgets
to shut it down if a signal comes meanwhile, closes its sockets first of all, and raises the signal
again at the end, so that no process ends with 0.
"""

import asyncio
import importlib.util
import logging
import sys
import time
from collections.abc import Iterable
from email.utils import formatdate
from socket import socket
from typing import TYPE_CHECKING, Any

import uvloop

from func_runtime import sockets
from func_runtime.asgi import Application

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

log = logging.getLogger("func_runtime")

_BACKLOG = 2048
_DATE_SECONDS = 1.0
# What connections may take to close once their requests are done or cut off.
_CLOSING_SECONDS = 0.5
_POLL_SECONDS = 0.01

new_event_loop = uvloop.new_event_loop


class Server:
    """Listens, serves, and lets go, each when told so."""

    def __init__(self, app: Application, keep_alive: int) -> None:
        config, state, protocol = _protocol(app, keep_alive)
        self._config = config
        self._state = state
        self._protocol = protocol
        self._listening: list[asyncio.Server] = []
        self._date: asyncio.TimerHandle | None = None

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
            server = await loop.create_server(self._connection, sock=sock, backlog=_BACKLOG)
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
        if self._date is not None:
            self._date.cancel()

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

    def _connection(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self._protocol(
            config=self._config, server_state=self._state, app_state={}
        )
        return made

    def _tick(self) -> None:
        """Keep the Date header's value, for all answers of a second."""
        now = formatdate(time.time(), usegmt=True).encode()
        self._state.default_headers = [(b"date", now)]
        self._date = asyncio.get_running_loop().call_later(_DATE_SECONDS, self._tick)


def _protocol(app: Application, keep_alive: int) -> tuple["Config", "ServerState", Any]:
    """Set uvicorn up for an application: its configuration, its state, its protocol class."""
    _defer_command_line()
    from uvicorn.config import Config  # noqa: PLC0415 -- after its package was prepared
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # noqa: PLC0415
    from uvicorn.server import ServerState  # noqa: PLC0415

    config = Config(
        app,
        interface="asgi3",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # headers reach the function as they came
        timeout_keep_alive=keep_alive,
    )
    # What Config.load() does beyond this is to import the lifespan and find out the interface.
    config.loaded_app = app
    vars(config)["ws_protocol_class"] = _websocket  # only ever called; the type asks for a class
    config.loaded = True
    # It tells what the application does wrong, which ours has told by then, and what clients do.
    level = logging.DEBUG if log.isEnabledFor(logging.DEBUG) else logging.CRITICAL
    logging.getLogger("uvicorn.error").setLevel(level)
    return config, ServerState(), HttpToolsProtocol


def _websocket(**arguments: Any) -> asyncio.Protocol:  # noqa: ANN401 -- handed on as they are
    """Make the protocol of a WebSocket connection; imported with the first of them."""
    from uvicorn.protocols.websockets.wsproto_impl import WSProtocol  # noqa: PLC0415

    return WSProtocol(**arguments)


def _defer_command_line() -> None:
    """Put uvicorn's package in place without running it, until someone asks it for a name.

    Its __init__ imports the command line, click and the reload supervisors: more than half of the
    time that importing uvicorn takes, for nothing that serves.
    """
    if "uvicorn" in sys.modules:
        return
    spec = importlib.util.find_spec("uvicorn")
    assert spec is not None and spec.loader is not None  # noqa: PT018 -- it is a dependency
    package, loader = importlib.util.module_from_spec(spec), spec.loader

    def complete(name: str) -> object:
        vars(package).pop("__getattr__", None)
        loader.exec_module(package)
        return getattr(package, name)

    vars(package)["__getattr__"] = complete
    sys.modules["uvicorn"] = package
