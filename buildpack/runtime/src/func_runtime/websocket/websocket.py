"""One WebSocket as an ASGI application has it: scope, receive and send.

Frames, time limits and the connection are in websocket_protocol.
"""

import asyncio
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Protocol

from func_runtime.asgi import Headers, Message, Scope, Send
from func_runtime.errors import ClientDisconnected
from func_runtime.http import responses
from func_runtime.websocket.compression import STEP_BYTES
from func_runtime.websocket.handshake import subprotocols

# Messages that wait for the application: beyond this the client waits too.
_WAITING = 64
_WAITING_BYTES = 64 * 1024
# An application that sends this much without waiting lets others have the loop in between. A
# message costs something however short it is.
_SENT_BYTES = 256 * 1024
_MESSAGE_BYTES = 1024

_PROTOCOL_ERROR, _INVALID_DATA, _TOO_BIG = 1002, 1007, 1009
# RFC 6455, 7.4.1: the first is the code for "no code", the second for "no closing frame".
NO_CODE, ABNORMAL = 1005, 1006
_NORMAL = 1000


class Shared(Protocol):
    """What connections share, as far as a WebSocket uses it."""

    max_bytes: int  # of a message
    inflating: asyncio.Lock  # one message at a time


class Connection(Protocol):
    """What carries a WebSocket: websocket_protocol has it."""

    congested: asyncio.Event | None  # while the client reads more slowly than it is sent to

    @property
    def shared(self) -> Shared:
        """What all connections share."""
        ...

    def accept(self, subprotocol: str | None, headers: Headers) -> None:
        """Answer that the WebSocket is open.

        :raises ValueError: a header would not be one on the wire.
        """
        ...

    def send(self, data: bytes, *, text: bool) -> None:
        """Send a message."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send a closing frame.

        :raises ValueError: there is no such code.
        """
        ...

    def fail(self, code: int, reason: str) -> None:
        """End because of what the client has sent, and say so."""
        ...

    def taken(self) -> None:
        """Read on: a message has been taken."""
        ...


# What inflates a message in steps.
Inflate = Callable[[bytes | bytearray], Iterator[bytes]]


class _Received:
    """A message of the client's, as far as it is read."""

    __slots__ = ("content", "inflating", "size", "text")

    def __init__(self, data: bytes | bytearray, *, text: bool, inflate: Inflate | None) -> None:
        self.size = len(data)
        self.text = text
        self.inflating = inflate and inflate(data)
        self.content = bytearray() if inflate else data


class _Phase(Enum):
    """What the application has said."""

    CONNECTING = auto()
    OPEN = auto()
    DENYING = auto()  # it answers with HTTP
    ENDED = auto()


class WebSocket:
    """A WebSocket, from the request that opens it to its end."""

    def __init__(self, connection: Connection, request: Scope, deny: Send) -> None:
        """Take the connection, the request and what sends an HTTP response instead."""
        self._connection = connection
        self._deny = deny
        self._phase = _Phase.CONNECTING
        self.scope: Scope = {
            **request,
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "scheme": "wss" if request["scheme"] == "https" else "ws",
            "subprotocols": subprotocols(request["headers"]),
            "extensions": {"websocket.http.response": {}},
        }
        del self.scope["method"]
        # What waits for the application.
        self._connected = False  # the application knows of the request
        self._messages: deque[_Received] = deque()
        self._size = 0
        self._arrived: asyncio.Event | None = None  # made if the application has to wait
        self._end: Message | None = None
        self._told = False  # the application knows the end
        self._sent = 0  # since it last waited

    # What the connection says.

    @property
    def wants_more(self) -> bool:
        """Whether the application takes what arrives as fast as it does."""
        waiting = len(self._messages) < _WAITING and self._size < _WAITING_BYTES
        return waiting or self._end is not None  # nobody waits for what comes after the end

    @property
    def connecting(self) -> bool:
        """Whether the application has not answered the request yet."""
        return self._phase is _Phase.CONNECTING

    def add(self, data: bytes | bytearray, *, text: bool, inflate: Inflate | None) -> None:
        """Take a message of the client's."""
        if self._phase is _Phase.OPEN:
            self._messages.append(_Received(data, text=text, inflate=inflate))
            self._size += len(data)
            self._wake()

    def end(self, code: int, reason: str = "") -> None:
        """Note that nothing can be sent any more; the first reason counts."""
        self._phase = _Phase.ENDED
        if self._end is None:
            self._end = {"type": "websocket.disconnect", "code": int(code), "reason": reason}
            self._wake()

    def _wake(self) -> None:
        if self._arrived is not None:
            self._arrived.set()

    # What the application calls.

    async def receive(self) -> Message:
        """Return the next message, or that the WebSocket has ended."""
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        while True:
            if self._messages:
                received = self._messages[0]
                if received.inflating is not None:
                    await self._inflate(received)
                elif (message := self._message(self._messages.popleft())) is not None:
                    return message
            elif self._end is None:
                await self._more()
            else:
                if self._told:
                    await asyncio.sleep(0)  # who asks on must not keep the loop from others
                self._told = True
                return {**self._end}

    async def _more(self) -> None:
        """Wait for something to give to the application."""
        if self._arrived is None:
            self._arrived = asyncio.Event()
        self._arrived.clear()
        await self._arrived.wait()

    async def _inflate(self, received: _Received) -> None:
        """Inflate a message: of all connections, one at a time, so that it is bounded what all of
        them take, and in steps. Whoever calls `receive` again goes on where it was cancelled.
        """  # noqa: D205 -- one sentence more than a line holds
        limit = self._connection.shared.max_bytes
        async with self._connection.shared.inflating:
            try:
                for part in received.inflating or ():
                    received.content += part
                    if len(received.content) > limit:
                        self._fail(_TOO_BIG, f"message exceeds limit of {limit} bytes")
                        break
                    if len(received.content) > STEP_BYTES:
                        await asyncio.sleep(0)
            except zlib.error:
                self._fail(_PROTOCOL_ERROR, "decompression failed")
            received.inflating = None

    def _message(self, received: _Received) -> Message | None:
        """Return a message as ASGI has it, None if it is none."""
        self._size -= received.size
        self._connection.taken()
        if not received.text:
            return {"type": "websocket.receive", "bytes": bytes(received.content)}
        try:
            return {"type": "websocket.receive", "text": received.content.decode()}
        except UnicodeDecodeError:
            self._fail(_INVALID_DATA, "a text message is not UTF-8")
            return None

    def _fail(self, code: int, reason: str) -> None:
        self._messages.clear()
        self._connection.fail(code, reason)

    async def send(self, message: Message) -> None:
        """Take a message of the application's.

        :raises ClientDisconnected: the WebSocket has ended.
        :raises RuntimeError: it is not its turn. :raises ValueError: it cannot be sent.
        """
        kind = message["type"]
        if self._phase is _Phase.ENDED:
            raise ClientDisconnected
        if self._phase is _Phase.OPEN and kind == "websocket.send":
            await self._send(message)
        elif self._phase is _Phase.OPEN and kind == "websocket.close":
            self._close(message.get("code", _NORMAL), message.get("reason") or "")
        elif self._phase is _Phase.CONNECTING and kind == "websocket.accept":
            # Where it raises, nothing has changed: the application may refuse.
            self._connection.accept(message.get("subprotocol"), message.get("headers") or ())
            self._phase = _Phase.OPEN
        elif self._phase is _Phase.CONNECTING and kind == "websocket.close":
            await responses.text(self._deny, responses.FORBIDDEN, "Forbidden")
        elif self._phase is not _Phase.OPEN and kind.startswith("websocket.http.response."):
            await self._deny({**message, "type": kind.removeprefix("websocket.")})
            self._begin(_Phase.DENYING)
        else:
            raise RuntimeError(f"{kind} is not what comes next on a WebSocket")

    def _begin(self, phase: _Phase) -> None:
        """Go on, unless the WebSocket has ended meanwhile."""
        if self._phase is not _Phase.ENDED:
            self._phase = phase

    async def _send(self, message: Message) -> None:
        data, text = message.get("bytes"), message.get("text")
        content = text.encode() if data is None and text is not None else data
        if content is None:
            raise ValueError("websocket.send has neither bytes nor text")
        if self._connection.congested is not None:
            self._sent = 0
            await self._connection.congested.wait()
        elif self._sent > _SENT_BYTES:
            self._sent = 0
            await asyncio.sleep(0)
        if self._phase is not _Phase.OPEN:  # it may have ended meanwhile
            raise ClientDisconnected
        self._sent += len(content) + _MESSAGE_BYTES
        self._connection.send(content, text=data is None)

    def _close(self, code: int, reason: str) -> None:
        self._connection.close(code, reason)
        self.end(code, reason)
