"""A server of the runtime's protocols on a real socket, in the process of the test."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self

from func_runtime.asgi import Receive, Scope, Send
from func_runtime.http.connection import Connection
from func_runtime.http.protocol import HttpProtocol
from func_runtime.http.server_state import ServerState
from func_runtime.settings.trusted_proxies import TrustedProxies

KEEP_ALIVE = 100.0
PATIENCE = 20.0
Handler = Callable[[Scope, Receive, Send], Awaitable[object]]

# What a client gets from the handler `done`.
HEAD = b"HTTP/1.1 200 OK\r\ndate: now\r\n"
DONE = HEAD + b"content-length: 4\r\n\r\ndone"


async def answer(send: Send, *parts: bytes, status: int = 200, headers: Any = ()) -> None:
    """Answer in parts; the last ends the response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for part in parts[:-1]:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": parts[-1]})


async def done(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer any request."""
    await answer(send, b"done")


class Client:
    """The other end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def send(self, *parts: bytes) -> None:
        """Send bytes, each part in a separate segment."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0.005)

    async def read(self, length: int) -> bytes:
        """Return so many bytes."""
        return await asyncio.wait_for(self.reader.readexactly(length), PATIENCE)

    async def ask(self, request: bytes, length: int = len(DONE)) -> bytes:
        """Send a request and return so many bytes."""
        await self.send(request)
        return await self.read(length)

    async def head(self) -> bytes:
        """Return the head of a response."""
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)

    async def frame(self) -> tuple[int, bytes]:
        """Return the first byte and the payload of a WebSocket's frame."""
        return await asyncio.wait_for(self._frame(), PATIENCE)

    async def _frame(self) -> tuple[int, bytes]:
        first, size = await self.reader.readexactly(2)
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8))
        return first, await self.reader.readexactly(size)

    async def rest(self) -> bytes:
        """Return what comes until the connection is closed."""
        return await asyncio.wait_for(self.reader.read(), PATIENCE)


@dataclass
class Served:
    """A server, what its application was called with, and what that raised."""

    handler: Handler
    state: ServerState = field(init=False)
    port: int = 0
    scopes: list[Scope] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the handler."""
        self.scopes.append(scope)
        try:
            await self.handler(scope, receive, send)
        except BaseException as error:
            self.errors.append(error)
            raise

    def websocket(self, request: Scope) -> asyncio.Protocol:
        """Return the protocol for a request that opens a WebSocket."""
        raise AssertionError(request)

    async def __aenter__(self) -> Self:
        self.state = ServerState(self.app, KEEP_ALIVE, self.websocket, TrustedProxies())
        self._server = await asyncio.get_running_loop().create_server(
            lambda: HttpProtocol(self.state), "127.0.0.1", 0
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self.pass_time(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for connection in list(self.state.connections):
            connection.transport.abort()
        for task in list(self.state.tasks):
            task.cancel()
        await self.gone()

    async def connect(self) -> Client:
        """Open a connection."""
        return Client(*await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 16))

    async def exchange(self, *parts: bytes) -> bytes:
        """Send bytes and return all received bytes until the connection is closed."""
        async with await self.connect() as client:
            await client.send(*parts)
            return await client.rest()

    @property
    def connection(self) -> Connection:
        """The only connection, on the server's side."""
        (connection,) = self.state.connections
        assert isinstance(connection, Connection)
        return connection

    async def gone(self) -> None:
        """Wait for the end of all connections and of the application."""
        await eventually(lambda: not self.state.connections and not self.state.tasks)

    def pass_time(self, seconds: float) -> None:
        """Set the clock of all connections forward."""
        self.state.tick(self.state.now + seconds)
        self.state.date = b"\r\ndate: now"


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 -- what it asks about sets no event
            await asyncio.sleep(0.005)
