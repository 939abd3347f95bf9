"""Speaks WebSocket on a connection (RFC 6455), with the parser of the package websockets.

What arrives is read in pieces, and no further than the application takes messages and the client
takes what is sent to it: neither memory nor the loop's time is a client's to use up. What the
application sees is in websocket.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any, cast

from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

from func_runtime.asgi import Headers, Scope
from func_runtime.errors import ClientDisconnected
from func_runtime.http import responses
from func_runtime.http.cycle import Exchange
from func_runtime.http.protocol import State
from func_runtime.system import cgroup
from func_runtime.websocket import handshake
from func_runtime.websocket.compression import CompressedFrame
from func_runtime.websocket.handshake import Refused
from func_runtime.websocket.round_robin import RoundRobin
from func_runtime.websocket.websocket import ABNORMAL, NO_CODE, WebSocket

log = logging.getLogger("func_runtime")
# The package logs each end of a connection, and with debug all that is sent, which may be secret.
_quiet = log.getChild("websocket")
_quiet.setLevel(logging.WARNING)

# The parser goes through a piece without a stop: 2 KiB can hold 340 frames, which take 1 ms.
_PIECE_BYTES = 2 * 1024
# uvicorn's limit for a message, and the share of a container's memory that one may have: while it
# is put together and handed over, there are up to five copies.
_MESSAGE_BYTES = 16 * 1024 * 1024
_MEMORY_SHARE = 16
# As uvicorn has them: how often to ask whether the client is there, how long to wait for the end.
_PING_SECONDS = 20.0
_CLOSING_SECONDS = 10.0
# Seconds to read on after a failure (RFC 9112, 9.6), so that the client gets to read why.
_LINGER_SECONDS = 2.0
_NEVER = float("inf")

_REASON_BYTES = 123  # RFC 6455, 5.5: what is left of a control frame after the code
# RFC 6455, 7.4.1: these stand for what happened and are never sent.
_NEVER_SENT = {ABNORMAL: 1000, 1015: 1000}
_INTERNAL_ERROR = 1011
_SERVICE_RESTART = 1012


def suitable(folder: str = cgroup.FOLDER) -> int:
    """Return how long a message may be, in bytes, to suit the memory limit of this container."""
    memory = cgroup.memory(folder)
    return _MESSAGE_BYTES if memory is None else min(_MESSAGE_BYTES, memory // _MEMORY_SHARE)


class Shared:
    """What the WebSockets of a server share, beside what all of its connections do."""

    def __init__(self, max_bytes: int = 0) -> None:
        """Take how long a message may be: without, as long as suits the container."""
        self.max_bytes = max_bytes or suitable()
        self.inflating = asyncio.Lock()  # one message at a time
        self.turns = RoundRobin()


class WebSocketProtocol(asyncio.Protocol):
    """A connection that a client has asked to use as a WebSocket."""

    def __init__(self, state: State, shared: Shared, request: Scope) -> None:
        """Take what connections share, what those share that are WebSockets, and the request."""
        self.state = state
        self.shared = shared
        self.congested: asyncio.Event | None = None  # set again when the client has caught up
        self._loop = asyncio.get_running_loop()
        self._request = request
        self._frames: Protocol | None = None  # once the application has accepted
        self._fragments = bytearray()  # of a message
        self._text = False
        # What was received and is not read yet, in pieces.
        self._unread: deque[bytes] = deque()
        self._queued = False  # for a turn
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
            self._handshake = handshake.read(self._request["headers"])
        except Refused as refused:
            self._run(self._refuse(refused.status, refused.reason, refused.headers))
        else:
            self._run(self.state.app(websocket.scope, websocket.receive, websocket.send))

    def data_received(self, data: bytes) -> None:
        """Read frames."""
        if self._deaf:
            return
        self._heard = True
        for start in range(0, len(data), _PIECE_BYTES):
            self._unread.append(data[start : start + _PIECE_BYTES])
        self._queued = True  # it was not: nothing is received while something is to be read
        self.shared.turns.now(self._read_on)
        self._regulate()

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
        self._drop()
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
            handshake.response(self._handshake, self.state.date, subprotocol, headers)
        )
        self._frames = Protocol(SERVER, max_size=self.shared.max_bytes, logger=_quiet)
        compression = self._handshake.compression
        self._frames.extensions = [compression] if compression else []
        self._deadline = self.state.now + _PING_SECONDS
        self.taken()

    def send(self, data: bytes, *, text: bool) -> None:
        """Send a message."""
        assert self._frames is not None
        frame = Frame(Opcode.TEXT if text else Opcode.BINARY, data)
        self.transport.write(frame.serialize(mask=False, extensions=self._frames.extensions))

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

    def fail(self, code: int, reason: str) -> None:
        """End because of what the client has done, and say so."""
        self._websocket.end(code, reason)
        if self._open:
            assert self._frames is not None
            self._frames.fail(code, reason)
            self._write()
            self._hang_up()

    def taken(self) -> None:
        """Read on, in a turn of its own: this is within the application's call."""
        if self._has_work and not self._queued:
            self._queued = True
            self.shared.turns.soon(self._read_on)

    # What the exchange calls, which answers with HTTP instead.

    def resume_reading(self) -> None:
        """Do nothing: the request has no body."""

    def finished(self, exchange: Exchange) -> None:  # noqa: ARG002 -- there is one only
        """End after a response."""
        self._websocket.end(ABNORMAL)
        self._leave()

    def abort(self, exchange: Exchange) -> None:  # noqa: ARG002 -- there is one only
        """End without a whole response."""
        self.transport.abort()

    # Within.

    def _run(self, application: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(application)
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
        if error is not None and not isinstance(error, ClientDisconnected):
            log.error("The application raised an exception", exc_info=error)
        if self._open:
            self.close(_INTERNAL_ERROR, "")
            self._websocket.end(_INTERNAL_ERROR)

    def _ping(self) -> None:
        """Ask whether the client is there, or end because it has not answered."""
        if not self._heard:
            self.fail(_INTERNAL_ERROR, "keepalive ping timeout")
            return
        assert self._frames is not None
        self._heard = False
        self._frames.send_ping(b"")
        self._write()

    def _read_on(self) -> bool:
        """Read a piece, if it is time for that, and say whether there is more."""
        if self._has_work:
            self._read(self._unread.popleft())
        self._queued = self._has_work
        self._regulate()
        return self._queued

    @property
    def _has_work(self) -> bool:
        """Whether there is something to read, and the application and the client keep up."""
        return (
            bool(self._unread)
            and self._frames is not None
            and self.congested is None
            and self._websocket.wants_more
        )

    @property
    def _open(self) -> bool:
        return self._frames is not None and self._frames.state is OPEN and not self._deaf

    def _regulate(self) -> None:
        """Have the client wait while there is something that is not read yet."""
        if self._paused != bool(self._unread) and not self.transport.is_closing():
            self._paused = not self._paused
            if self._paused:
                self.transport.pause_reading()
            else:
                self.transport.resume_reading()

    def _read(self, piece: bytes) -> None:
        """Take the frames of a piece, which the parser answers where they are to be answered."""
        frames = self._frames
        assert frames is not None
        frames.receive_data(piece)
        self._write()
        for frame in frames.events_received():
            self._take(cast("Frame", frame))  # no request: that was read before
        if frames.parser_exc is not None:
            assert frames.close_sent is not None
            self._websocket.end(frames.close_sent.code, frames.close_sent.reason)
            self._hang_up()
        elif frames.close_rcvd is not None:
            self._websocket.end(frames.close_rcvd.code, frames.close_rcvd.reason)
            self._leave()

    def _take(self, frame: Frame) -> None:
        """Put messages together from their fragments, and hand over those that are whole."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return
        if frame.opcode is not Opcode.CONT:
            self._text = frame.opcode is Opcode.TEXT
        data = cast("bytes | bytearray", frame.data)
        if frame.opcode is Opcode.CONT or not frame.fin:
            self._fragments += data
            data = self._fragments
        if frame.fin:
            self._fragments = bytearray()
            inflate = None
            if isinstance(frame, CompressedFrame):
                assert self._handshake.compression is not None
                inflate = self._handshake.compression.inflate
            self._websocket.add(data, text=self._text, inflate=inflate)

    def _write(self) -> None:
        """Send what the parser has to say."""
        assert self._frames is not None
        # An empty piece of it stands for the end, which is up to us.
        if data := b"".join(self._frames.data_to_send()):
            self.transport.write(data)

    def _leave(self) -> None:
        """Close: the client sends nothing any more."""
        self._drop()
        self._deadline = self.state.now + _CLOSING_SECONDS
        self.transport.close()

    def _hang_up(self) -> None:
        """Close. What the client still sends is dropped for a while: it would lose the answer."""
        self._drop()
        self._regulate()
        self.transport.write_eof()
        self._deadline = self.state.now + _LINGER_SECONDS

    def _drop(self) -> None:
        """Read nothing any more."""
        self._deaf = True
        self._unread.clear()
