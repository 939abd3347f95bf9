"""The asyncio protocol of a connection that speaks WebSocket (RFC 6455).

What is received is parsed in pieces, and only as fast as the application takes messages and the
client takes what is sent to it. So a client uses up neither memory nor the event loop's time.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any

from func_runtime.asgi import Headers, Scope
from func_runtime.errors import ClientDisconnected
from func_runtime.http import responses
from func_runtime.http.connection import Connection
from func_runtime.http.cycle import RequestResponseCycle
from func_runtime.http.server_state import ServerState
from func_runtime.websocket import handshake
from func_runtime.websocket.frames import Frames
from func_runtime.websocket.handshake import HandshakeRejected
from func_runtime.websocket.websocket import ABNORMAL, WebSocket
from func_runtime.websocket.websocket_state import WebSocketState

log = logging.getLogger("func_runtime")

# The parser does not stop within a piece: 2 KiB can hold 340 frames, which take 1 ms.
_PIECE_BYTES = 2 * 1024
# As in uvicorn: the time between two pings, and the time for the closing handshake.
_PING_SECONDS = 20.0
_CLOSING_SECONDS = 10.0

_INTERNAL_ERROR = 1011
_SERVICE_RESTART = 1012


class WebSocketProtocol(Connection):
    """A connection whose client has asked for a WebSocket.

    States, each with its time limit::

                    accept           closing frame sent
        CONNECTING ────────► OPEN ─────────────────────► CLOSING
             │               ping each 20 s              10 s
             │ HTTP response   │                            │ closing frame received
             ▼                 ▼ fail: closing frame sent   ▼
           CLOSED          LINGERING 2 s ───────────────► CLOSED

    It ends in the ways of HttpProtocol (`drain`, `close`, `abort`), and in one of RFC 6455:

    - `fail`: the client has broken a rule. It gets a closing frame, and nothing more is parsed.
    """

    def __init__(self, state: ServerState, shared: WebSocketState, request: Scope) -> None:
        """Take what connections share, what WebSockets share, and the request."""
        super().__init__(state, stall_seconds=_PING_SECONDS)
        self.shared = shared
        self._request = request
        self._frames: Frames | None = None  # once the application has accepted
        # What is received and not parsed yet, in pieces.
        self._unparsed: deque[bytes] = deque()
        self._is_scheduled = False  # for parsing
        # How it ends.
        self._is_closing = False  # nothing more is parsed
        self._is_alive = True  # something was received since the last ping

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Call the application with the request, or reject it."""
        super().connection_made(transport)
        self._cycle = RequestResponseCycle(self, self._request, keep_alive=False)
        self._websocket = WebSocket(self, self._request, self._cycle.send)
        try:
            self._handshake = handshake.read(self._request["headers"])
        except HandshakeRejected as error:
            self._run(self._respond(error.status, error.reason, error.headers))
        else:
            websocket = self._websocket
            self._run(self.state.app(websocket.scope, websocket.receive, websocket.send))

    def data_received(self, data: bytes) -> None:
        """Parse frames."""
        if self._is_closing:
            return
        self._is_alive = True
        for start in range(0, len(data), _PIECE_BYTES):
            self._unparsed.append(data[start : start + _PIECE_BYTES])
        self._is_scheduled = True  # it was not: nothing is received while something is unparsed
        self.shared.round_robin.now(self._parse_next)
        self._pause_or_resume()

    def resume_writing(self) -> None:
        """Note that the client has caught up."""
        super().resume_writing()
        self.message_taken()

    def connection_lost(self, exc: Exception | None) -> None:
        """Become CLOSED."""
        self._stop_parsing()
        self._cycle.disconnect()
        self._websocket.end(ABNORMAL)
        super().connection_lost(exc)

    # What the server calls.

    def drain(self) -> None:
        """Send a closing frame. The application has time to see that, and to end."""
        if self._websocket.connecting:
            self._websocket.end(ABNORMAL)
            self._run(self._respond(responses.SERVICE_UNAVAILABLE, "Service Unavailable"))
        elif self._is_open:
            self.send_close(_SERVICE_RESTART, "")
            self._websocket.end(_SERVICE_RESTART)

    def _deadline_over(self) -> None:
        """Send a ping if it is OPEN, else close."""
        self._deadline = self.state.now + _PING_SECONDS
        if not self._is_open:
            self.transport.abort()
        elif not self._is_paused:  # else the answer would not be received
            self._ping()

    # What the WebSocket calls.

    def accept(self, subprotocol: str | None, headers: Headers) -> None:
        """Become OPEN.

        :raises ValueError: a header is not valid.
        """
        self.transport.write(
            handshake.response(self._handshake, self.state.date, subprotocol, headers)
        )
        self._frames = Frames(
            self.transport.write, self._handshake.compression, self.shared.max_message_bytes
        )
        self._deadline = self.state.now + _PING_SECONDS
        self.message_taken()

    def send(self, data: bytes, *, text: bool) -> None:
        """Send a message."""
        assert self._frames is not None
        self._frames.send(data, text=text)

    def send_close(self, code: int, reason: str) -> None:
        """Send a closing frame: become CLOSING.

        :raises ValueError: the code is not valid.
        """
        assert self._frames is not None
        self._frames.send_close(code, reason)
        self._deadline = self.state.now + _CLOSING_SECONDS
        self.message_taken()

    def fail(self, code: int, reason: str) -> None:
        """End the WebSocket because of what the client has sent, with a closing frame."""
        self._websocket.end(code, reason)
        if self._is_open:
            assert self._frames is not None
            self._frames.fail(code, reason)
            self._close_after_failure()

    def message_taken(self) -> None:
        """Parse more, in a later turn of the loop: this is within the application's call."""
        if self._can_parse and not self._is_scheduled:
            self._is_scheduled = True
            self.shared.round_robin.soon(self._parse_next)

    # What the cycle calls, if the request is answered with HTTP.

    def resume_reading(self) -> None:
        """Do nothing: the request has no body."""

    def finished(self, cycle: RequestResponseCycle) -> None:  # noqa: ARG002 -- there is only one
        """Close after a response."""
        self._websocket.end(ABNORMAL)
        self._close()

    def abort(self, cycle: RequestResponseCycle) -> None:  # noqa: ARG002 -- there is only one
        """End without a complete response."""
        self.transport.abort()

    # How the application runs.

    def _run(self, application: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(application)
        self.state.tasks.add(task)
        task.add_done_callback(self._application_ended)

    async def _respond(self, status: int, reason: str, headers: Headers = ()) -> None:
        await responses.text(self._cycle.send, status, reason, headers=headers)

    def _application_ended(self, task: asyncio.Task[None]) -> None:
        """Log an exception of the application, and close what it has left open."""
        self.state.tasks.discard(task)
        if self._frames is None:
            self._cycle.application_ended(task)
            return
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, ClientDisconnected):
            log.error("The application raised an exception", exc_info=error)
        if self._is_open:
            self.send_close(_INTERNAL_ERROR, "")
            self._websocket.end(_INTERNAL_ERROR)

    # How frames are parsed.

    @property
    def _is_open(self) -> bool:
        return self._frames is not None and self._frames.is_open and not self._is_closing

    @property
    def _can_parse(self) -> bool:
        """Whether there is something to parse, and both the application and the client keep up."""
        return (
            bool(self._unparsed)
            and self._frames is not None
            and self.congested is None
            and self._websocket.wants_more
        )

    def _parse_next(self) -> bool:
        """Parse a piece, if there is no reason to wait. Return whether there is more to parse."""
        if self._can_parse:
            self._parse(self._unparsed.popleft())
        self._is_scheduled = self._can_parse
        self._pause_or_resume()
        return self._is_scheduled

    def _parse(self, piece: bytes) -> None:
        """Parse a piece."""
        frames = self._frames
        assert frames is not None
        for message in frames.parse(piece):
            self._websocket.add(message.data, text=message.text, inflate=message.inflate)
        if (end := frames.failure) is not None:
            self._websocket.end(end.code, end.reason)
            self._close_after_failure()
        elif (end := frames.received_close) is not None:
            self._websocket.end(end.code, end.reason)
            self._close()

    def _pause_or_resume(self) -> None:
        """Receive nothing more while something is not parsed yet."""
        if self._is_paused != bool(self._unparsed) and not self.transport.is_closing():
            self._is_paused = not self._is_paused
            if self._is_paused:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    # How it ends.

    def _ping(self) -> None:
        """Send a ping, or fail if the client has not answered the last one."""
        if not self._is_alive:
            self.fail(_INTERNAL_ERROR, "keepalive ping timeout")
            return
        assert self._frames is not None
        self._is_alive = False
        self._frames.ping()

    def _close(self) -> None:
        """Close: the client sends nothing more."""
        self._stop_parsing()
        self._deadline = self.state.now + _CLOSING_SECONDS
        self.transport.close()

    def _close_after_failure(self) -> None:
        """Close: the client may still be sending."""
        self._stop_parsing()
        self._pause_or_resume()
        self._close_lingering()

    def _stop_parsing(self) -> None:
        self._is_closing = True
        self._unparsed.clear()
