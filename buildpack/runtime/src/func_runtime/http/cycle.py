"""One request and its response, as an ASGI application sees them: scope, receive and send."""

import asyncio
import logging
import sys
from asyncio import Task
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from func_runtime.asgi import Headers, Message, ResponseProgress, Scope
from func_runtime.errors import ClientDisconnected, RequestAborted, ResponseUnfinished
from func_runtime.http import request_head, response_head
from func_runtime.http.server_state import ServerState

log = logging.getLogger("func_runtime")

# With more of a body than this waiting for the application, the client has to wait too.
_BODY_BYTES = 64 * 1024
# After the response, no more of a request's body is read than this: the connection is closed. As in
# Go (net/http, maxPostHandlerReadBytes).
REST_BYTES = 256 * 1024
# If a handler continues after the end of its request, each of its calls waits this long.
_PAUSE_SECONDS = 0.01
# A body of this size or more is written without its head: joining the two would copy it.
_LARGE = 64 * 1024

# With an eager task, a handler that never waits is done before the loop turns (Python 3.12).
_EAGER: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}

_START = "http.response.start"
_BODY = "http.response.body"
_NO_CONTENT = 204
_WITHOUT_CONTENT = (_NO_CONTENT, 304)  # RFC 9112, 6.3
_HTTP_1_0 = "1.0"
_GOES_ON = b"\r\n\r\n"
_ENDS = response_head.CONNECTION + b"close\r\n\r\n"


if TYPE_CHECKING:

    class CycleConnection(Protocol):
        """What a cycle uses of its connection."""

        transport: asyncio.Transport
        state: ServerState
        congested: asyncio.Event | None  # while the client reads too slowly

        def resume_reading(self) -> None:
            """Receive more: the application has taken a part of the body."""
            ...

        def finished(self, cycle: "RequestResponseCycle") -> None:
            """Go on: the response is complete."""
            ...

        def abort(self, cycle: "RequestResponseCycle") -> None:
            """End: the response will not be complete."""
            ...


class RequestResponseCycle(ResponseProgress):
    """A request from the end of its head to the end of its response."""

    __slots__ = (
        "_arrived",
        "_bodiless",
        "_body",
        "_chunked",
        "_connection",
        "_delivered",
        "_expected",
        "_head",
        "_left",
        "_may_expect",
        "_saw_end",
        "completed",
        "gone",
        "keep_alive",
        "on_the_wire",
        "received",
        "scope",
        "started",
    )

    def __init__(self, connection: "CycleConnection", scope: Scope, keep_alive: bool) -> None:
        """Take the request, and whether the connection may stay open after it."""
        self._connection = connection
        self.scope = scope
        self.keep_alive = keep_alive
        self._arrived: asyncio.Event | None = None  # created when the application has to wait
        # The request.
        self._body: bytes | bytearray = b""
        self.received = False  # the server has the whole request
        self._delivered = False  # the application has it too
        self._may_expect = True
        # The response. _start adds what else is needed.
        self._bodiless = scope["method"] == "HEAD"  # read now: the application may change the scope
        self._expected = _START  # the next message, "" after the end; deriving it is slower
        self.started = False  # the application has started it
        self.on_the_wire = False
        self.completed = False
        self.gone = False  # the client has disconnected
        self._saw_end = False  # the application has been told that the request is over

    # What the connection calls.

    def add_body(self, data: bytes) -> bool:
        """Take a part of the body. Return whether that is enough for now."""
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
        """Note that the client has disconnected, or that its request is not valid."""
        self.gone = not self.completed
        self._expected = ""
        self._body = b""
        if self._arrived is not None:
            self._arrived.set()

    def run(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        """Call the application."""
        task = Task(state.app(self.scope, self.receive, self.send), loop=loop, **_EAGER)
        if task.done():
            self.application_ended(task)
        else:
            state.tasks.add(task)
            task.add_done_callback(self._task_done)

    def _task_done(self, task: Task[None]) -> None:
        self._connection.state.tasks.discard(task)
        self.application_ended(task)

    def application_ended(self, task: Task[None]) -> None:
        """Log an exception of the application. Abort if the response is not complete."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._log(error)
        if not self.completed:
            self._connection.abort(self)

    def _log(self, error: BaseException) -> None:
        """Log an exception that is not logged yet. A disconnect of the client is not an error."""
        if isinstance(error, ResponseUnfinished):
            if not self.gone:
                log.error("%s", error)
        elif not isinstance(error, RequestAborted | ClientDisconnected):
            log.error("The application raised an exception", exc_info=error)

    # What the application calls.

    async def receive(self) -> Message:
        """Return the next part of the request, or http.disconnect after its end."""
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

        :raises ClientDisconnected: the client has disconnected.
        :raises RuntimeError: another message is expected.
        :raises ValueError: it cannot be sent.
        """
        connection = self._connection
        if connection.congested is not None:
            await connection.congested.wait()
        kind = message["type"]
        if kind != self._expected:
            await self._refuse(kind)
        if kind == _BODY:
            more = message.get("more_body", False)
            self._write(message.get("body", b""), more)
            if more and connection.state.time_slice.used_up():
                await asyncio.sleep(0)
        else:
            self._start(message["status"], message.get("headers", ()))

    async def _refuse(self, kind: str) -> NoReturn:
        """Raise the error of send for a message that is not expected."""
        if self.gone or self.completed:
            await self._pause()
        if self.gone:
            raise ClientDisconnected
        raise RuntimeError(f"{kind} is not the next message of a response")

    async def _pause(self) -> None:
        """Let other tasks run, if a handler goes on again and again after the end."""
        if self._saw_end:
            await asyncio.sleep(_PAUSE_SECONDS)
        self._saw_end = True

    def _start(self, status: int, headers: Headers) -> None:
        """Prepare the head. It is sent with the first part of the body (ASGI, HTTP).

        If this raises, nothing has changed: the application may send another start.
        """
        line = response_head.status_line(status)
        block, read = response_head.fields(headers)
        length = read.get(response_head.CONTENT_LENGTH)
        self._left: int | None = None if length is None else response_head.length(length)
        self._chunked = False
        if status in _WITHOUT_CONTENT:
            self._bodiless = True
        if length is not None and status != _NO_CONTENT:  # RFC 9110, 8.6
            block += response_head.CONTENT_LENGTH + length
        date = self._connection.state.date
        if len(read) > 1 or length is None:
            connection = read.get(response_head.CONNECTION)
            if connection is not None and response_head.asks_to_close(connection):
                self.keep_alive = False
            if response_head.DATE in read:
                date = b""
        self._head = line + date + block
        self.started = True
        self._expected = _BODY

    def _write(self, body: bytes, more: bool) -> None:
        """Write a part of the body, with the head before the first part.

        :raises ValueError: the body is shorter or longer than its content-length.
        """
        head = b"" if self.on_the_wire else self._complete_head(len(body), more)
        if self._bodiless or self._left is None:
            body = self._frame(body, more)
        else:
            left = self._left - len(body)
            if left < 0 or (left and not more):
                raise ValueError("the body of the response does not match its content-length")
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
            self._expected = ""
            if self._arrived is not None:
                self._arrived.set()
            self._connection.finished(self)

    def _complete_head(self, size: int, more: bool) -> bytes:
        """Return the head with the headers that frame the body (RFC 9112, 6)."""
        framing = b""
        if self._left is None and not self._bodiless:
            if not more:
                framing = b"%b%d" % (response_head.CONTENT_LENGTH, size)
            elif self.scope["http_version"] == _HTTP_1_0:
                self.keep_alive = False  # the end of the connection is the end of the body
            else:
                self._chunked = True
                framing = response_head.TRANSFER_ENCODING + b"chunked"
        if not self.received and (
            self._expects() or request_head.has_body_above(REST_BYTES, self.scope["headers"])
        ):
            self.keep_alive = False  # the body may not arrive, or is too long to be read
        return self._head + framing + (_GOES_ON if self.keep_alive else _ENDS)

    def _frame(self, body: bytes, more: bool) -> bytes:
        """Return a part of a body of unknown length as it is written."""
        if self._bodiless:
            return b""
        if not self._chunked:
            return body
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return chunk if more else chunk + b"0\r\n\r\n"

    def _expects(self) -> bool:
        """Return, on the first call only, whether the client waits for 100 Continue."""
        ask, self._may_expect = self._may_expect, False
        is_1_1 = self.scope["http_version"] != _HTTP_1_0
        return ask and is_1_1 and request_head.expects_continue(self.scope["headers"])
