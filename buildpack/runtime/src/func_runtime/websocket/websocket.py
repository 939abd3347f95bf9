"""One WebSocket as an ASGI application sees it: scope, receive and send.

Frames, time limits and the connection are in protocol.py.
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
from func_runtime.websocket.websocket_state import WebSocketState

# With more messages than this waiting for the application, the client has to wait too.
_WAITING = 64
_WAITING_BYTES = 64 * 1024
# An application that has sent this much without waiting waits for one turn of the event loop. Each
# message counts as at least _MESSAGE_BYTES, however short it is.
_SENT_BYTES = 256 * 1024
_MESSAGE_BYTES = 1024

_PROTOCOL_ERROR, _INVALID_DATA, _TOO_BIG = 1002, 1007, 1009
# RFC 6455, 7.4.1: the codes for "no code was sent" and "no closing frame was sent".
NO_CODE, ABNORMAL = 1005, 1006
_NORMAL = 1000


class WebSocketConnection(Protocol):
    """What a WebSocket uses of its connection."""

    shared: WebSocketState
    congested: asyncio.Event | None  # while the client reads too slowly

    def accept(self, subprotocol: str | None, headers: Headers) -> None:
        """Accept the WebSocket.

        :raises ValueError: a header is not valid.
        """
        ...

    def send(self, data: bytes, *, text: bool) -> None:
        """Send a message."""
        ...

    def send_close(self, code: int, reason: str) -> None:
        """Send a closing frame.

        :raises ValueError: the code is not valid.
        """
        ...

    def fail(self, code: int, reason: str) -> None:
        """End the WebSocket because of what the client has sent, with a closing frame."""
        ...

    def message_taken(self) -> None:
        """Receive more: the application has taken a message."""
        ...


# Decompresses a message in steps.
Inflate = Callable[[bytes | bytearray], Iterator[bytes]]


class _Received:
    """A message of the client's, which may be compressed still."""

    __slots__ = ("content", "inflating", "size", "text")

    def __init__(self, data: bytes | bytearray, *, text: bool, inflate: Inflate | None) -> None:
        self.size = len(data)
        self.text = text
        self.inflating = inflate and inflate(data)
        self.content = bytearray() if inflate else data


class _Phase(Enum):
    """What the application has answered."""

    CONNECTING = auto()
    OPEN = auto()
    DENYING = auto()  # an HTTP response
    ENDED = auto()


class WebSocket:
    """A WebSocket from the request that opens it to its end."""

    def __init__(self, connection: WebSocketConnection, request: Scope, deny: Send) -> None:
        """Take the request, and `deny`, which sends an HTTP response instead."""
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
        self._connected = False  # the application has received websocket.connect
        self._messages: deque[_Received] = deque()
        self._size = 0
        self._arrived: asyncio.Event | None = None  # created when the application has to wait
        self._end: Message | None = None
        self._saw_end = False  # the application has received websocket.disconnect
        self._sent = 0  # since it last waited

    # What the connection calls.

    @property
    def wants_more(self) -> bool:
        """Whether the application takes messages as fast as they arrive."""
        waiting = len(self._messages) < _WAITING and self._size < _WAITING_BYTES
        return waiting or self._end is not None  # what comes after the end is dropped

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
        """Note that the WebSocket has ended. The first code and reason count."""
        self._phase = _Phase.ENDED
        if self._end is None:
            self._end = {"type": "websocket.disconnect", "code": int(code), "reason": reason}
            self._wake()

    def _wake(self) -> None:
        if self._arrived is not None:
            self._arrived.set()

    # What the application calls.

    async def receive(self) -> Message:
        """Return the next message, or websocket.disconnect after the end."""
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
                await self._wait()
            else:
                if self._saw_end:
                    await asyncio.sleep(0)  # an application that goes on must not block the loop
                self._saw_end = True
                return {**self._end}

    async def _wait(self) -> None:
        """Wait for a message, or the end."""
        if self._arrived is None:
            self._arrived = asyncio.Event()
        self._arrived.clear()
        await self._arrived.wait()

    async def _inflate(self, received: _Received) -> None:
        """Decompress a message in steps. The next call goes on where this one was cancelled.

        It is one message at a time, of all connections: that bounds the memory.
        """
        limit = self._connection.shared.max_message_bytes
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
        """Return a message in the form of ASGI, or None if it is not valid."""
        self._size -= received.size
        self._connection.message_taken()
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
        :raises RuntimeError: another message is expected.
        :raises ValueError: it cannot be sent.
        """
        kind = message["type"]
        if self._phase is _Phase.ENDED:
            raise ClientDisconnected
        if self._phase is _Phase.OPEN and kind == "websocket.send":
            await self._send(message)
        elif self._phase is _Phase.OPEN and kind == "websocket.close":
            self._close(message.get("code", _NORMAL), message.get("reason") or "")
        elif self._phase is _Phase.CONNECTING and kind == "websocket.accept":
            # If this raises, nothing has changed: the application may still deny.
            self._connection.accept(message.get("subprotocol"), message.get("headers") or ())
            self._phase = _Phase.OPEN
        elif self._phase is _Phase.CONNECTING and kind == "websocket.close":
            await responses.text(self._deny, responses.FORBIDDEN, "Forbidden")
        elif self._phase is not _Phase.OPEN and kind.startswith("websocket.http.response."):
            await self._deny({**message, "type": kind.removeprefix("websocket.")})
            self._set_phase(_Phase.DENYING)
        else:
            raise RuntimeError(f"{kind} is not the next message of a WebSocket")

    def _set_phase(self, phase: _Phase) -> None:
        """Set the phase, unless the WebSocket has ended in the meantime."""
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
        if self._phase is not _Phase.OPEN:  # it may have ended in the meantime
            raise ClientDisconnected
        self._sent += len(content) + _MESSAGE_BYTES
        self._connection.send(content, text=data is None)

    def _close(self, code: int, reason: str) -> None:
        self._connection.send_close(code, reason)
        self.end(code, reason)
