"""One request and its response, as an ASGI application has them: scope, receive and send.

What a connection is and when an exchange may begin, it leaves to http_protocol.
"""

import asyncio
import logging
from typing import Protocol

from func_runtime.asgi import Answer, Headers, Message, Scope
from func_runtime.errors import ClientDisconnected, RequestAborted, ResponseUnfinished
from func_runtime.http import response_head
from func_runtime.http.time_slice import Turns

log = logging.getLogger("func_runtime")

# A body that waits for the application: beyond this the client waits too.
_BODY_BYTES = 64 * 1024
# More of a request's body is not read after its answer: the connection ends. As in Go (net/http,
# maxPostHandlerReadBytes).
REST_BYTES = 256 * 1024
# How long a handler waits that goes on with a request which is over, again and again.
_PAUSE_SECONDS = 0.01
# A body of at least this goes out on its own, for joining it to its head would copy it.
_LARGE = 64 * 1024

_START = "http.response.start"
_BODY = "http.response.body"
_NO_CONTENT = 204
_WITHOUT_CONTENT = (_NO_CONTENT, 304)  # RFC 9112, 6.3
_HTTP_1_0 = "1.0"
_GOES_ON = b"\r\n\r\n"
_ENDS = response_head.CONNECTION + b"close\r\n\r\n"


class Shared(Protocol):
    """What connections share, as far as an exchange uses it."""

    tasks: set[asyncio.Task[None]]
    date: bytes
    turns: Turns


class Connection(Protocol):
    """What carries an exchange: http_protocol has it."""

    transport: asyncio.Transport
    congested: asyncio.Event | None  # while the client reads more slowly than it is sent to

    @property
    def state(self) -> Shared:
        """What is shared."""
        ...

    def resume_reading(self) -> None:
        """Read on: a body has been taken."""
        ...

    def finished(self, exchange: "Exchange") -> None:
        """Go on: the response is complete."""
        ...

    def abort(self, exchange: "Exchange") -> None:
        """End: the response will not be complete."""
        ...


class Exchange(Answer):
    """A request, from the end of its head, to the end of its response."""

    __slots__ = (
        "_arrived",
        "_bodiless",
        "_body",
        "_chunked",
        "_connection",
        "_delivered",
        "_head",
        "_left",
        "_may_expect",
        "_told",
        "completed",
        "gone",
        "keep_alive",
        "on_the_wire",
        "received",
        "scope",
        "started",
    )

    def __init__(self, connection: Connection, scope: Scope, keep_alive: bool) -> None:
        """Take the connection, the request, and whether the connection may go on after it."""
        self._connection = connection
        self.scope = scope
        self.keep_alive = keep_alive
        self._arrived: asyncio.Event | None = None  # made if the application has to wait
        # The request.
        self._body: bytes | bytearray = b""
        self.received = False  # the server has all of it
        self._delivered = False  # the application has
        self._may_expect = True
        # The response. What else there is to know, _respond adds.
        self._bodiless = scope["method"] == "HEAD"  # now: a scope is the application's to change
        self.started = False  # the application has begun it
        self.on_the_wire = False
        self.completed = False
        self.gone = False  # nobody is there to get it
        self._told = False  # the application knows that the request is over

    # What the connection says.

    def add_body(self, data: bytes) -> bool:
        """Take a part of the body; say whether that is enough for now."""
        if self._body:
            if isinstance(self._body, bytes):
                self._body = bytearray(self._body)
            self._body += data
        else:
            self._body = data
        if self._arrived is not None:
            self._arrived.set()
        return len(self._body) > _BODY_BYTES

    def end_body(self) -> None:
        """Note that the request is complete."""
        self.received = True
        if self._arrived is not None:
            self._arrived.set()

    def disconnect(self) -> None:
        """Note that there is no client any more, or none to rely on."""
        self.gone = not self.completed
        self._body = b""
        if self._arrived is not None:
            self._arrived.set()

    def ended(self, task: asyncio.Task[None]) -> None:
        """See how the application has ended; without a whole response the connection ends too."""
        self._connection.state.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log(error)
        if not self.completed:
            self._connection.abort(self)

    def _log(self, error: BaseException) -> None:
        """Log what nobody has logged; that the client has gone is no failure."""
        if isinstance(error, ResponseUnfinished):
            if not self.gone:
                log.error("%s", error)
        elif not isinstance(error, RequestAborted | ClientDisconnected):
            log.error("The application raised an exception", exc_info=error)

    # What the application calls.

    async def receive(self) -> Message:
        """Return the next part of the request, or that there is nobody to answer (any more)."""
        while not self.completed and not self.gone:
            if self._body or (self.received and not self._delivered):
                body = bytes(self._body)
                self._body = b""
                self._delivered = self.received
                self._connection.resume_reading()
                return {"type": "http.request", "body": body, "more_body": not self.received}
            if not self.received and not self.on_the_wire and self._expects():
                self._connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            if self._arrived is None:
                self._arrived = asyncio.Event()
            self._arrived.clear()
            await self._arrived.wait()
        await self._pause()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a message of the response.

        :raises ClientDisconnected: nobody is there to get it. :raises RuntimeError: it is not its
            turn. :raises ValueError: it cannot be sent.
        """
        connection = self._connection
        if connection.congested is not None:
            await connection.congested.wait()
        if self.gone or self.completed:
            await self._pause()
        if self.gone:
            raise ClientDisconnected
        kind = message["type"]
        if self.completed or kind != (_BODY if self.started else _START):
            raise RuntimeError(f"{kind} is not what comes next in a response")
        if self.started:
            more = message.get("more_body", False)
            self._write(message.get("body", b""), more)
            if more and connection.state.turns.used_up():
                await asyncio.sleep(0)
        else:
            self._respond(message["status"], message.get("headers", ()))

    async def _pause(self) -> None:
        """Keep a handler from taking the loop that goes on, again and again, after the end."""
        if self._told:
            await asyncio.sleep(_PAUSE_SECONDS)
        self._told = True

    def _respond(self, status: int, headers: Headers) -> None:
        """Make the head, but hold it: none is sent before there is a body (ASGI, HTTP).

        Where it raises, nothing has changed: the application may begin again.
        """
        line = response_head.status_line(status)
        block, read = response_head.fields(headers)
        told = read.get(response_head.CONTENT_LENGTH)
        self._left: int | None = None if told is None else response_head.length(told)
        self._chunked = False
        if status in _WITHOUT_CONTENT:
            self._bodiless = True
        if told is not None and status != _NO_CONTENT:  # RFC 9110, 8.6
            block += response_head.CONTENT_LENGTH + told
        connection = read.get(response_head.CONNECTION)
        if connection is not None and response_head.asks_to_close(connection):
            self.keep_alive = False
        date = b"" if response_head.DATE in read else self._connection.state.date
        self._head = line + date + block
        self.started = True

    def _write(self, body: bytes, more: bool) -> None:
        """Write a part of the body, after the head if it is the first, and end with the last.

        :raises ValueError: it is not as long as the application has said.
        """
        head = b"" if self.on_the_wire else self._complete_head(len(body), more)
        if self._bodiless or self._left is None:
            body = self._frame(body, more)
        else:
            left = self._left - len(body)
            if left < 0 or (left and not more):
                raise ValueError("the response is not as long as its content-length")
            self._left = left
        transport = self._connection.transport
        if len(body) < _LARGE:
            body = head + body
        elif head:
            transport.write(head)
        if body:
            transport.write(body)
        self.on_the_wire = True
        if not more:
            self.completed = True
            if self._arrived is not None:
                self._arrived.set()
            self._connection.finished(self)

    def _complete_head(self, size: int, more: bool) -> bytes:
        """Return the head with what frames the body (RFC 9112, 6)."""
        framing = b""
        if self._left is None and not self._bodiless:
            if not more:
                framing = b"%b%d" % (response_head.CONTENT_LENGTH, size)
            elif self.scope["http_version"] == _HTTP_1_0:
                self.keep_alive = False  # it ends where the connection does
            else:
                self._chunked = True
                framing = response_head.TRANSFER_ENCODING + b"chunked"
        if not self.received and (self._expects() or self._has_long_body()):
            self.keep_alive = False  # nobody knows whether the body will come, or reads it all
        return self._head + framing + (_GOES_ON if self.keep_alive else _ENDS)

    def _frame(self, body: bytes, more: bool) -> bytes:
        """Return a part of a body of unknown length as it goes out."""
        if self._bodiless:
            return b""
        if not self._chunked:
            return body
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return chunk if more else chunk + b"0\r\n\r\n"

    def _has_long_body(self) -> bool:
        return any(
            name == b"content-length" and int(value) > REST_BYTES
            for name, value in self.scope["headers"]
        )

    def _expects(self) -> bool:
        """Say, the first time, whether the client waits for leave to send the body."""
        ask, self._may_expect = self._may_expect, False
        return (
            ask
            and self.scope["http_version"] != _HTTP_1_0
            and any(
                name == b"expect" and value.lower() == b"100-continue"
                for name, value in self.scope["headers"]
            )
        )
