"""Speaks WebSocket on a connection (RFC 6455), with the parser of the package websockets.

What arrives is read in pieces, and no further than the application takes messages and the client
takes what is sent to it: neither memory nor the loop's time is a client's to use up. What the
application sees is in websocket.
"""

import asyncio
import logging
from collections.abc import Coroutine
from time import perf_counter
from typing import Any, cast

from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

from func_runtime import responses, websocket_handshake
from func_runtime.asgi import Headers, Scope
from func_runtime.exchange import Exchange
from func_runtime.http_protocol import State, new_task
from func_runtime.websocket import ABNORMAL, NO_CODE, WebSocket
from func_runtime.websocket_handshake import Refused

log = logging.getLogger("func_runtime")
# The package logs each end of a connection, and with debug all that is sent, which may be secret.
_quiet = log.getChild("websocket")
_quiet.setLevel(logging.WARNING)

# The parser goes through a piece without a stop: 8 KiB can hold 1,300 frames, which take 5 ms.
_PIECE_BYTES = 8 * 1024
_TURN_SECONDS = 0.005
# Compressing a longer message takes tens of milliseconds: it goes out as it is.
_COMPRESSED_BYTES = 1024 * 1024
# As uvicorn has them: how often to ask whether the client is there, how long to wait for the end.
_PING_SECONDS = 20.0
_CLOSING_SECONDS = 10.0
# Seconds to read on after a failure (RFC 9112, 9.6), so that the client gets to read why.
_LINGER_SECONDS = 2.0
_NEVER = float("inf")

_CONTROL = (Opcode.CLOSE, Opcode.PING, Opcode.PONG)

_REASON_BYTES = 123  # RFC 6455, 5.5: what is left of a control frame after the code
# RFC 6455, 7.4.1: these stand for what happened and are never sent.
_NEVER_SENT = {ABNORMAL: 1000, 1015: 1000}
_INVALID_DATA = 1007
_INTERNAL_ERROR = 1011
_SERVICE_RESTART = 1012


class WebSocketProtocol(asyncio.Protocol):
    """A connection that a client has asked to use as a WebSocket."""

    def __init__(self, state: State, request: Scope, max_bytes: int) -> None:
        """Take what connections share, the request, and the longest message of the client's."""
        self.state = state
        self.congested: asyncio.Event | None = None  # set again when the client has caught up
        self._loop = asyncio.get_running_loop()
        self._request = request
        self._max_bytes = max_bytes
        self._frames: Protocol | None = None  # once the application has accepted
        self._fragments = bytearray()  # of a message
        self._text = False
        # What was received and is not read yet.
        self._unread = b""
        self._turn: asyncio.Handle | None = None  # when that goes on
        self._paused = False
        # The end.
        self._deaf = False  # what comes is not read any more
        self._heard = True  # since the last ping
        self._unsent = 0  # bytes, at the last ping
        self._deadline = _NEVER

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have the application answer the request, or refuse it."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        self.state.connections.add(self)
        self._exchange = Exchange(self, self._request, keep_alive=False)
        websocket = self._websocket = WebSocket(self, self._request, self._exchange.send)
        try:
            self._handshake = websocket_handshake.read(self._request["headers"])
        except Refused as refused:
            self._run(self._refuse(refused.status, refused.reason, refused.headers))
        else:
            self._run(self.state.app(websocket.scope, websocket.receive, websocket.send))

    def data_received(self, data: bytes) -> None:
        """Read frames."""
        if self._deaf:
            return
        self._heard = True
        self._unread += data
        if self._turn is None:
            self._read()

    def pause_writing(self) -> None:
        """Note that the client reads more slowly than it is sent to."""
        self.congested = asyncio.Event()
        self._unsent = 0
        self._deadline = self.state.now + _PING_SECONDS

    def resume_writing(self) -> None:
        """Note that it has caught up."""
        if self.congested is not None:
            self.congested.set()
            self.congested = None
        self.taken()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- why is the same
        """End: whoever waits for the client waits no longer."""
        self.state.connections.discard(self)
        self._deaf = True
        self._unread = b""
        self._exchange.disconnect()
        self._websocket.end(ABNORMAL)
        self.resume_writing()

    # What the server calls.

    def shutdown(self) -> None:
        """Say that the server goes away. The application has its time to see that and to end."""
        if self._websocket.connecting:
            self._websocket.end(ABNORMAL)
            self._run(self._refuse(responses.SERVICE_UNAVAILABLE, "Service Unavailable"))
        elif self._open:
            self.close(_SERVICE_RESTART, "")
            self._websocket.end(_SERVICE_RESTART)

    def expire(self) -> None:
        """Close the connection if it has had its time; ask an open one whether it is alive."""
        if self.state.now < self._deadline:
            return
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = unsent
        self._deadline = self.state.now + _PING_SECONDS
        if unsent and unsent != before:
            return  # it reads, if slowly
        if unsent or not self._open:
            self.transport.abort()
        elif not self._paused:  # else its answer would not be seen
            self._ping()

    # What the WebSocket calls.

    def accept(self, subprotocol: str | None, headers: Headers) -> None:
        """Answer that the WebSocket is open.

        :raises ValueError: a header would not be one on the wire.
        """
        self.transport.write(
            websocket_handshake.response(self._handshake, self.state.date, subprotocol, headers)
        )
        self._frames = Protocol(SERVER, max_size=self._max_bytes, logger=_quiet)
        self._frames.extensions = self._handshake.extensions
        self._deadline = self.state.now + _PING_SECONDS
        self.taken()

    def send(self, data: bytes, *, text: bool) -> None:
        """Send a message."""
        assert self._frames is not None
        frame = Frame(Opcode.TEXT if text else Opcode.BINARY, data)
        extensions = self._frames.extensions if len(data) <= _COMPRESSED_BYTES else None
        self.transport.write(frame.serialize(mask=False, extensions=extensions))

    def close(self, code: int, reason: str) -> None:
        """Send a closing frame, and give the client some time to answer it.

        :raises ValueError: there is no such code.
        """
        assert self._frames is not None
        short = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        try:
            if code == NO_CODE:
                self._frames.send_close()
            else:
                self._frames.send_close(_NEVER_SENT.get(code, code), short)
        except ProtocolError as error:
            raise ValueError(f"{code} is not a code for closing a WebSocket") from error
        self._write()
        self._deadline = self.state.now + _CLOSING_SECONDS
        self.taken()

    def taken(self) -> None:
        """Read on, in a turn of its own: this is within the application's call."""
        if self._unread and self._turn is None and self._willing:
            self._turn = self._loop.call_soon(self._read)

    # What the exchange calls, which answers with HTTP instead.

    def resume_reading(self) -> None:
        """Do nothing: the request has no body."""

    def finished(self, exchange: Exchange) -> None:  # noqa: ARG002 -- there is one only
        """End after a response."""
        self._websocket.end(ABNORMAL)
        self._hang_up()

    def abort(self, exchange: Exchange) -> None:  # noqa: ARG002 -- there is one only
        """End without a whole response."""
        self.transport.abort()

    # Within.

    def _run(self, application: Coroutine[Any, Any, None]) -> None:
        task = new_task(application, loop=self._loop)
        if task.done():
            self._ended(task)
        else:
            self.state.tasks.add(task)
            task.add_done_callback(self._ended)

    async def _refuse(self, status: int, reason: str, headers: Headers = ()) -> None:
        await responses.text(self._exchange.send, status, reason, headers=headers)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """See how the application has ended; what it has left open is closed."""
        if self._frames is None:
            self._exchange.ended(task)
            return
        self.state.tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("The application raised an exception", exc_info=error)
        if self._open:
            self.close(_INTERNAL_ERROR, "")
            self._websocket.end(_INTERNAL_ERROR)

    def _ping(self) -> None:
        """Ask whether the client is there, or end because it has not answered."""
        if not self._heard:
            self._fail(_INTERNAL_ERROR, "keepalive ping timeout")
            return
        assert self._frames is not None
        self._heard = False
        self._frames.send_ping(b"")
        self._write()

    def _read(self) -> None:
        """Read pieces of what has arrived, until the turn is over or others must catch up."""
        self._turn = None
        data, position = self._unread, 0
        end = perf_counter() + _TURN_SECONDS
        while position < len(data) and self._willing:
            self._parse(data[position : position + _PIECE_BYTES])
            position += _PIECE_BYTES
            if perf_counter() > end:
                break
        self._unread = b"" if self._deaf else data[position:]
        self.taken()
        self._regulate()

    @property
    def _open(self) -> bool:
        return self._frames is not None and self._frames.state is OPEN and not self._deaf

    @property
    def _willing(self) -> bool:
        """Whether to read on: the application takes messages, the client what is sent to it."""
        return (
            self._frames is not None
            and not self._deaf
            and self.congested is None
            and self._websocket.wants_more
        )

    def _regulate(self) -> None:
        """Have the client wait while there is something that is not read yet."""
        if self._paused != bool(self._unread) and not self.transport.is_closing():
            self._paused = not self._paused
            if self._paused:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def _parse(self, piece: bytes) -> None:
        """Take the frames of a piece, and answer those that are answered."""
        frames = self._frames
        assert frames is not None
        frames.receive_data(piece)
        try:
            for frame in frames.events_received():
                self._take(cast("Frame", frame))  # a request would be before the first frame
        except UnicodeDecodeError:
            self._fail(_INVALID_DATA, "a text message is not UTF-8")
            return
        self._write()
        if frames.parser_exc is not None:
            assert frames.close_sent is not None
            self._websocket.end(frames.close_sent.code, frames.close_sent.reason)
            self._hang_up()
        elif frames.close_rcvd is not None:
            self._websocket.end(frames.close_rcvd.code, frames.close_rcvd.reason)
            self._deaf = True
            self._deadline = self.state.now + _CLOSING_SECONDS
            self.transport.close()

    def _take(self, frame: Frame) -> None:
        """Put messages together from their fragments, and hand over those that are whole."""
        data, opcode = cast("bytes", frame.data), frame.opcode
        if opcode in _CONTROL:
            return  # answered by the parser
        if opcode is not Opcode.CONT:
            self._text = opcode is Opcode.TEXT
        whole: bytes | bytearray = data
        if opcode is Opcode.CONT or not frame.fin:
            self._fragments += data
            whole = self._fragments
        if frame.fin:
            self._fragments = bytearray()
            self._websocket.add(whole, text=self._text)

    def _fail(self, code: int, reason: str) -> None:
        """End because of what the client does, and say so."""
        assert self._frames is not None
        self._frames.fail(code, reason)
        self._write()
        self._websocket.end(code, reason)
        self._hang_up()

    def _write(self) -> None:
        """Send what the parser has to say."""
        assert self._frames is not None
        for data in self._frames.data_to_send():
            if data:  # the end, which is empty, is up to us
                self.transport.write(data)

    def _hang_up(self) -> None:
        """Close. What the client still sends is dropped for a while: it would lose the answer."""
        self._deaf = True
        self._unread = b""
        self._regulate()
        self.transport.write_eof()
        self._deadline = self.state.now + _LINGER_SECONDS
