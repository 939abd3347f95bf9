"""WebSocket on a real socket: received and sent bytes, and what the application sees."""

import asyncio
import base64
import gc
import logging
import socket
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from contract.protocol_server import Client, Handler, Served, eventually
from contract.websocket_frames import (
    BINARY,
    CLOSE,
    COMPRESSED,
    CONTINUATION,
    KEY,
    OFFER,
    PING,
    PONG,
    TEXT,
    UPGRADE,
    VERSION,
    Deflater,
    closing,
    frame,
)
from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.errors import ClientDisconnected
from func_runtime.websocket.protocol import WebSocketProtocol
from func_runtime.websocket.websocket_state import WebSocketState, default_message_bytes

pytestmark = pytest.mark.anyio

LIMIT = 1 << 20

ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
)
DEFLATE = b"sec-websocket-extensions: permessage-deflate\r\n"
GONE = {"type": "websocket.disconnect", "code": 1006, "reason": ""}


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run on uvloop, as the runtime does."""
    return "asyncio", {"use_uvloop": True}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send back what comes, until the end."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


@dataclass
class ServedWebSockets(Served):
    """A server, and what its application received."""

    limit: int = LIMIT
    scheme: str = "http"
    received: list[Message] = field(default_factory=list)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the handler."""

        async def recorded() -> Message:
            message = await receive()
            self.received.append(message)
            return message

        await super().app(scope, recorded, send)

    def websocket(self, request: Scope) -> asyncio.Protocol:
        """Return the protocol for a request that opens a WebSocket."""
        return WebSocketProtocol(self.state, self.shared, {**request, "scheme": self.scheme})

    @cached_property
    def shared(self) -> WebSocketState:
        """What the WebSockets share."""
        return WebSocketState(self.limit)

    async def open(self, headers: bytes = b"") -> Client:
        """Open a WebSocket."""
        client = await self.connect()
        await client.send(b"GET / HTTP/1.1\r\n" + OFFER + headers + b"\r\n")
        assert ACCEPTED in await client.head()
        return client

    async def exchange(self, *parts: bytes) -> bytes:
        """Open a WebSocket, send bytes, and return all received bytes until the end."""
        async with await self.open() as client:
            await client.send(*parts)
            return await client.rest()


def serving(
    handler: Handler | None = None, *, limit: int = LIMIT, scheme: str = "http"
) -> ServedWebSockets:
    """Serve a handler."""
    return ServedWebSockets(handler or echo, limit=limit, scheme=scheme)


def says(*messages: Message) -> Handler:
    """Return a handler that sends messages and then waits for the end."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        while (await receive())["type"] != "websocket.disconnect":
            pass

    return handler


ACCEPT = {"type": "websocket.accept"}
accepts = says(ACCEPT)


# The request.


async def test_scope() -> None:
    """A scope has all fields of ASGI. Headers are unchanged, also bytes above 0x7f."""
    head = (
        b"GET /a%20b?c=%20d HTTP/1.1\r\n" + OFFER + b"x: \xff\xe9\r\n"
        b"sec-websocket-protocol: one, two\r\nsec-websocket-protocol: three\r\n\r\n"
    )
    async with serving() as served, await served.connect() as client:
        await client.send(head)
        await client.head()
        address = client.writer.get_extra_info("sockname")

    (scope,) = served.scopes
    headers = scope.pop("headers")
    expected = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "server": ("127.0.0.1", served.port),
        "client": address,
        "root_path": "",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"c=%20d",
        "subprotocols": ["one", "two", "three"],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
    assert expected == scope
    assert (b"x", b"\xff\xe9") in headers


async def test_scheme_behind_tls() -> None:
    """A WebSocket that came by https is one of wss."""
    async with serving(scheme="https") as served, await served.open():
        pass

    assert ["wss"] == [scope["scheme"] for scope in served.scopes]


async def test_answer() -> None:
    """The accepting response has the application's subprotocol and headers, and no body."""
    headers = [(b"Set-Cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"content-length", b"3")]
    accept = {**ACCEPT, "subprotocol": "two", "headers": headers}
    async with serving(says(accept)) as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\n" + OFFER + b"\r\n")

        expected = (
            b"date: now\r\nsec-websocket-protocol: two\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n"
        )
        assert ACCEPTED + expected + b"\r\n" == await client.head()


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (400, UPGRADE + VERSION),
        (400, UPGRADE + VERSION + b"sec-websocket-key: " + KEY[:-4] + b"\r\n"),
        (400, UPGRADE + VERSION + b"sec-websocket-key: \xff\r\n"),
        (400, OFFER + b"sec-websocket-key: " + KEY + b"\r\n"),
        (400, OFFER + b"sec-websocket-extensions: \xff;;\r\n"),
        (400, OFFER + b"content-length: 3\r\n"),
        (400, OFFER + b"transfer-encoding: chunked\r\n"),
        (426, UPGRADE + b"sec-websocket-key: " + KEY + b"\r\n"),
        (426, UPGRADE + b"sec-websocket-version: 8\r\nsec-websocket-key: " + KEY + b"\r\n"),
        (101, OFFER + b"content-length: 0\r\n"),
        (101, OFFER + b"x: \xff\xfe\x80\r\n"),
        (101, OFFER + b"sec-websocket-extensions: x-webkit-deflate-frame\r\n"),
    ],
)
async def test_offers(status: int, headers: bytes) -> None:
    """A request that does not open a WebSocket is rejected, and the application does not see it."""
    async with serving() as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\n" + headers + b"\r\n")

        head = await client.head()
    assert b"HTTP/1.1 %d" % status == head[:12]
    assert (b"\r\nsec-websocket-version: 13\r\n" in head) == (status == 426)
    assert (status == 101) == bool(served.scopes)


async def test_frames_before_the_answer() -> None:
    """Frames that arrive before the application accepts wait for that."""
    leave = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await leave.wait()
        await echo(scope, receive, send)

    async with serving(handler) as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\n" + OFFER + b"\r\n" + frame(TEXT, b"early"), b"")
        leave.set()
        await client.head()

        assert (0x80 | TEXT, b"early") == await client.frame()


# Messages.


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, LIMIT])
async def test_sizes(size: int) -> None:
    """Messages of all sizes up to the limit arrive, and so do answers."""
    async with serving() as served, await served.open() as client:
        await client.send(frame(BINARY, b"x" * size), frame(TEXT, "é".encode() * (size // 2)))

        assert (0x80 | BINARY, b"x" * size) == await client.frame()
        assert (0x80 | TEXT, "é".encode() * (size // 2)) == await client.frame()
    types = [{"bytes"}, {"text"}]
    assert types == [message.keys() - {"type"} for message in served.received[1:3]]


async def test_fragments() -> None:
    """A message may come in fragments, empty ones too, with a ping between them, byte by byte."""
    parts = (
        frame(TEXT, "é".encode()[:1], fin=False)
        + frame(CONTINUATION, fin=False)
        + frame(PING, b"?")
        + frame(CONTINUATION, "é".encode()[1:] + b"!")
        + frame(PONG, b"unasked")
        + frame(BINARY, b"1")
    )
    async with serving() as served, await served.open() as client:
        for position in range(len(parts)):
            client.writer.write(parts[position : position + 1])
            await asyncio.sleep(0)

        assert (0x80 | PONG, b"?") == await client.frame()
        assert (0x80 | TEXT, "é!".encode()) == await client.frame()
        assert (0x80 | BINARY, b"1") == await client.frame()


async def test_unsendable_message() -> None:
    """A message that cannot be sent raises, and the WebSocket stays open."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        with pytest.raises(ValueError, match="control character"):
            await send({**ACCEPT, "headers": [(b"x", b"a\r\nb: c")]})
        await send(ACCEPT)
        with pytest.raises(ValueError, match="neither bytes nor text"):
            await send({"type": "websocket.send"})
        await send({"type": "websocket.send", "text": "ok", "bytes": None})
        await receive()

    async with serving(handler) as served, await served.open() as client:
        assert (0x80 | TEXT, b"ok") == await client.frame()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (None, {"type": "websocket.send", "text": ""}),
        (ACCEPT, ACCEPT),
        (ACCEPT, {"type": "websocket.http.response.start", "status": 200}),
        ({"type": "websocket.http.response.start", "status": 200}, ACCEPT),
        (None, {"type": "http.response.start", "status": 200}),
    ],
)
async def test_wrong_turn(first: Message | None, second: Message) -> None:
    """An unexpected message raises."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if first:
            await send(first)
        await send(second)

    async with serving(handler) as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\n" + OFFER + b"\r\n")
        await eventually(lambda: bool(served.errors))

    assert [RuntimeError] == [type(error) for error in served.errors]


# What a client gets wrong.

ERRORS = {
    "not masked": (1002, b"\x81\x01x"),
    "reserved operation": (1002, frame(3)),
    "reserved control operation": (1002, frame(11)),
    "reserved bit": (1002, frame(TEXT, bits=0x20)),
    "compressed without leave": (1002, frame(TEXT, bits=COMPRESSED)),
    "fragmented ping": (1002, frame(PING, fin=False)),
    "long ping": (1002, frame(PING, b"x" * 126)),
    "continuation of nothing": (1002, frame(CONTINUATION)),
    "message in a message": (1002, frame(TEXT, fin=False) + frame(TEXT)),
    "close in a message": (1002, frame(TEXT, fin=False) + frame(CLOSE, closing(1000))),
    "close with half a code": (1002, frame(CLOSE, b"\x03")),
    "close with a reserved code": (1002, frame(CLOSE, closing(1005))),
    "close with no text": (1007, frame(CLOSE, closing(1000) + b"\xff")),
    "no text": (1007, frame(TEXT, b"\xc3\x28")),
    "no text in fragments": (1007, frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION)),
    "too long": (1009, frame(BINARY, b"x" * LIMIT + b"x")[: LIMIT // 2]),
    "huge": (1009, b"\x82\xff" + (1 << 40).to_bytes(8)),
    "too long together": (
        1009,
        frame(BINARY, b"x" * LIMIT, fin=False) + frame(CONTINUATION, b"x"),
    ),
}


@pytest.mark.parametrize(("code", "sent"), ERRORS.values(), ids=ERRORS)
async def test_errors(code: int, sent: bytes) -> None:
    """Invalid bytes end a WebSocket. Both sides get the reason, also a client that still sends."""
    async with serving() as served:
        answer = await served.exchange(sent, frame(PING) * 1000)
        await served.gone()

    assert (0x80 | CLOSE, closing(code)) == (answer[0], answer[2:4])
    assert code == served.received[-1]["code"]


async def test_lingers_within_bounds() -> None:
    """A client that does not disconnect after an error is disconnected."""
    async with serving() as served, await served.open() as client:
        await client.send(b"\x81\x01x")
        await client.rest()
        served.pass_time(1)
        assert 1 == len(served.state.connections)
        served.pass_time(2)
        await served.gone()


# The end.


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [(b"", 1005, ""), (closing(1000), 1000, ""), (closing(4000, "é"), 4000, "é")],
)
async def test_client_closes(payload: bytes, code: int, reason: str) -> None:
    """The application sees a client's code and reason, after the messages before."""
    async with serving(accepts) as served:
        answer = await served.exchange(frame(TEXT, b"1") + frame(CLOSE, payload) + frame(TEXT))
        await served.gone()

    assert bytes([0x80 | CLOSE, len(payload)]) + payload in answer
    expected = {"type": "websocket.disconnect", "code": code, "reason": reason}
    assert [{"type": "websocket.receive", "text": "1"}, expected] == served.received[1:]


async def test_client_closes_after_an_error() -> None:
    """If the client has closed the WebSocket, it gets no later errors."""
    async with serving(accepts) as served:
        answer = await served.exchange(frame(TEXT, b"\xff") + frame(CLOSE, closing(1000)))

    assert bytes([0x80 | CLOSE, 2]) + closing(1000) == answer
    assert 1000 == served.received[-1]["code"]


@pytest.mark.parametrize("cut", ["abort", "write_eof"])
async def test_client_is_lost(cut: str) -> None:
    """If a connection ends without a closing frame, the application gets the code for that."""
    async with serving() as served, await served.open() as client:
        getattr(client.writer.transport, cut)()
        await served.gone()

    assert GONE == served.received[-1]


@pytest.mark.parametrize(
    ("close", "payload"),
    [
        ({}, closing(1000)),
        ({"code": 4001, "reason": None}, closing(4001)),
        ({"code": 3000, "reason": "é" * 62}, closing(3000, "é" * 61)),
        ({"code": 1005, "reason": "not sent"}, b""),
        ({"code": 1006}, closing(1000)),
    ],
)
async def test_application_closes(close: Message, payload: bytes) -> None:
    """The client gets the application's code, and its reason, which may be cut."""
    handler = says(ACCEPT, {"type": "websocket.close", **close})
    async with serving(handler) as served, await served.open() as client:
        assert (0x80 | CLOSE, payload) == await client.frame()
        await client.send(frame(TEXT, b"late") + frame(CLOSE, payload))
        assert b"" == await client.rest()
        await served.gone()

    kinds = ["websocket.connect", "websocket.disconnect"]
    assert kinds == [message["type"] for message in served.received]
    assert close.get("code", 1000) == served.received[-1]["code"]


async def test_code_that_is_none(caplog: pytest.LogCaptureFixture) -> None:
    """An invalid code raises, and the WebSocket is closed as after any error."""
    handler = says(ACCEPT, {"type": "websocket.close", "code": 401})
    async with serving(handler) as served, await served.open() as client:
        assert (0x80 | CLOSE, closing(1011)) == await client.frame()

    assert ["401 is not a code for closing a WebSocket"] == [str(one) for one in served.errors]
    assert "The application raised an exception" in caplog.text


async def test_client_does_not_answer_the_close() -> None:
    """A client has ten seconds to answer a closing frame."""
    handler = says(ACCEPT, {"type": "websocket.close"})
    async with serving(handler) as served, await served.open() as client:
        await client.frame()
        served.pass_time(9)
        assert 1 == len(served.state.connections)
        served.pass_time(2)
        await served.gone()


async def test_send_after_the_end() -> None:
    """After the end of the WebSocket, sending raises an OSError, whichever side has ended it."""
    handler = says(ACCEPT, {"type": "websocket.close"}, {"type": "websocket.send"})
    async with serving(handler) as served, await served.open() as client:
        await client.frame()
        await eventually(lambda: bool(served.errors))

    async with serving() as other:
        await other.exchange(frame(TEXT, b"1") + frame(CLOSE))
        await other.gone()

    assert [ClientDisconnected] == [type(error) for error in served.errors]
    assert [ClientDisconnected] == [type(error) for error in other.errors]


async def test_receive_after_the_end() -> None:
    """An application that receives after the end gets the end again, and does not block others."""
    turns = 0

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal turns
        await accepts(scope, receive, send)
        loop.call_soon(count)
        for _ in range(5):
            await receive()

    def count() -> None:
        nonlocal turns
        turns += 1
        loop.call_soon(count)

    loop = asyncio.get_running_loop()
    async with serving(handler) as served:
        await served.exchange(frame(CLOSE, closing(1001)))
        await eventually(lambda: len(served.received) == 7)

    assert [1001] * 6 == [message["code"] for message in served.received[1:]]
    assert turns >= 5


@pytest.mark.parametrize("error", [None, ValueError("password=hunter2")])
async def test_application_ends(error: Exception | None, caplog: pytest.LogCaptureFixture) -> None:
    """If an application leaves it open, it is closed with an internal error."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        if error:
            raise error

    async with serving(handler) as served, await served.open() as client:
        assert (0x80 | CLOSE, closing(1011)) == await client.frame()

    assert bool(error) == ("The application raised an exception" in caplog.text)


async def test_application_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    """If the application is cancelled, the WebSocket is closed without a log line."""
    async with serving() as served, await served.open() as client:
        (task,) = served.state.tasks
        task.cancel()

        assert (0x80 | CLOSE, closing(1011)) == await client.frame()
    assert "" == caplog.text


# An answer of HTTP in its place.


async def test_refused() -> None:
    """A WebSocket that the application closes before it is open is refused."""
    async with serving(says({"type": "websocket.close"})) as served:
        async with await served.connect() as client:
            await client.send(b"GET / HTTP/1.1\r\n" + OFFER + b"\r\n" + frame(TEXT))
            answer = await client.rest()
        await served.gone()

    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert answer.endswith(b"\r\n\r\nForbidden")
    assert GONE == served.received[-1]


RESPONSE = "websocket.http.response."


async def test_denied() -> None:
    """An application may deny with its own response, in parts."""
    handler = says(
        {"type": f"{RESPONSE}start", "status": 401, "headers": [(b"x", b"y")]},
        {"type": f"{RESPONSE}body", "body": b"no ", "more_body": True},
        {"type": f"{RESPONSE}body", "body": b"token"},
    )
    async with serving(handler) as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\n" + OFFER + b"\r\n")
        answer = await client.rest()
        await served.gone()

    assert answer.startswith(b"HTTP/1.1 401 Unauthorized\r\ndate: now\r\nx: y\r\n")
    assert answer.endswith(b"connection: close\r\n\r\n3\r\nno \r\n5\r\ntoken\r\n0\r\n\r\n")
    assert GONE == served.received[-1]


async def test_denied_in_part() -> None:
    """An incomplete response ends the connection."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": f"{RESPONSE}start", "status": 401})
        await send({"type": f"{RESPONSE}body", "body": b"no ", "more_body": True})
        await asyncio.sleep(0.05)

    async with serving(handler) as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\n" + OFFER + b"\r\n")

        with suppress(ConnectionError):
            assert not (await client.rest()).endswith(b"0\r\n\r\n")
        await served.gone()


# The server goes away.


async def test_too_many_connections() -> None:
    """An open WebSocket is not closed to make room for another connection."""
    async with serving() as served, await served.open() as client:
        served.state.max_connections = 1
        async with await served.connect():
            await eventually(lambda: len(served.state.connections) == 2)
            await client.send(frame(TEXT, b"hello"))

            assert (0x81, b"hello") == await client.frame()


async def test_shutdown() -> None:
    """An open WebSocket is closed with 1012, and its application sees that."""
    async with serving() as served, await served.open() as client:
        served.connection.drain()
        served.connection.drain()

        assert (0x80 | CLOSE, closing(1012)) == await client.frame()
        await eventually(lambda: not served.state.tasks)
    assert {**GONE, "code": 1012} == served.received[-1]


async def test_shutdown_before_the_answer() -> None:
    """A request that the application has not answered gets 503."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()
        await send(ACCEPT)

    async with serving(handler) as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\n" + OFFER + b"\r\n")
        served.connection.drain()

        assert (await client.rest()).startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        await served.gone()
    assert [ClientDisconnected] == [type(error) for error in served.errors]


# Keep-alive.


async def test_pings() -> None:
    """An open WebSocket gets a ping every 20 seconds. Without a pong, it is closed."""
    async with serving() as served, await served.open() as client:
        served.pass_time(19)
        served.pass_time(2)
        assert (0x80 | PING, b"") == await client.frame()
        await client.send(frame(PONG))
        served.pass_time(21)
        assert (0x80 | PING, b"") == await client.frame()
        served.pass_time(21)
        assert (0x80 | CLOSE, closing(1011, "keepalive ping timeout")) == await client.frame()

    assert {**GONE, "code": 1011, "reason": "keepalive ping timeout"} == served.received[-1]


async def test_pings_while_the_application_is_busy() -> None:
    """If pongs are not read yet because the application is slow, the client stays connected."""
    leave = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await leave.wait()
        await accepts(scope, receive, send)

    async with serving(handler) as served, await served.open() as client:
        await client.send(frame(BINARY, b"x" * 1000) * 2000)
        await eventually(lambda: not served.connection.transport.is_reading())
        for _ in range(5):
            served.pass_time(21)
        assert 1 == len(served.state.connections)


async def test_client_does_not_read() -> None:
    """A client that reads nothing is disconnected. One that reads slowly is not."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        while True:
            await send({"type": "websocket.send", "bytes": b"x" * 100_000})

    async with serving(handler) as served, await served.open() as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await eventually(lambda: served.connection.congested is not None)
        await asyncio.sleep(0.1)
        served.pass_time(21)
        assert 1 == len(served.state.connections)
        served.pass_time(21)
        await served.gone()

    assert [ClientDisconnected] == [type(error) for error in served.errors]


# Limits to what one client can take.


async def test_pongs_are_not_read() -> None:
    """No more pings are read while the client does not read its pongs."""
    async with serving() as served, await served.open() as client:
        transport: Any = client.writer.transport
        transport.pause_reading()
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)
        server = served.connection.transport.get_extra_info("socket")
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
        client.writer.write(frame(PING, b"x" * 125) * 5000)
        await eventually(lambda: served.connection.congested is not None)
        await asyncio.sleep(0.1)
        buffered = served.connection.transport.get_write_buffer_size()
        transport.resume_reading()
        client.writer.write(frame(TEXT, b"last"))
        while (received := await client.frame())[0] == 0x80 | PONG:
            pass

        assert (0x80 | TEXT, b"last") == received
    assert buffered < 128 * 1024


async def test_application_does_not_receive() -> None:
    """While the application does not receive, the server does not read. No message is lost."""
    leave = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await leave.wait()
        while (await receive())["bytes"]:
            pass

    async with serving(handler) as served, await served.open() as client:
        tracemalloc.start()
        client.writer.write(frame(BINARY, b"x") * 100_000)
        await asyncio.sleep(0.2)
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        leave.set()
        await client.send(frame(BINARY))
        assert (0x80 | CLOSE, closing(1011)) == await client.frame()

    assert 100_001 == len(served.received[1:])
    assert held < 5_000_000


@asynccontextmanager
async def fair() -> AsyncIterator[None]:
    """Check that nothing uses the loop for more than 50 ms of CPU time at once."""
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)

    watching = asyncio.create_task(watch())
    gc.collect()
    gc.disable()  # with all that a test run has loaded, it takes longer than all that is measured
    try:
        yield
    finally:
        gc.enable()
        watching.cancel()
    assert longest < 0.05


@pytest.mark.parametrize(
    "sent",
    [
        frame(BINARY, fin=False) + frame(CONTINUATION, fin=False) * 100_000 + frame(CONTINUATION),
        frame(PONG) * 100_000 + frame(BINARY),
        frame(TEXT) * 100_000,
        (frame(BINARY, fin=False) + frame(CONTINUATION) + frame(PONG)) * 30_000,
    ],
    ids=["fragments", "pongs", "messages", "mixed"],
)
async def test_loop_is_shared(sent: bytes) -> None:
    """No client can block the loop for others."""
    async with serving(accepts) as served, await served.open() as client, fair():
        client.writer.write(sent + frame(TEXT, b"last"))
        await eventually(lambda: served.received[-1].get("text") == "last")


async def test_application_that_only_sends() -> None:
    """An application that sends without an end does not block the loop for others."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        while True:
            await send({"type": "websocket.send", "bytes": b""})

    async with serving(handler) as served, await served.open() as client:
        for _ in range(100):
            await client.frame()
        client.writer.transport.abort()
        await served.gone()

    assert [ClientDisconnected] == [type(error) for error in served.errors]


# Compression.


def inflated(payload: bytes, bits: int = 12) -> bytes:
    """Return a server's first message, decompressed."""
    return zlib.decompressobj(wbits=-bits).decompress(payload + b"\x00\x00\xff\xff")


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        (b"", b"; server_max_window_bits=12"),
        (
            b"; client_max_window_bits",
            b"; server_max_window_bits=12; client_max_window_bits=12",
        ),
        (
            b"; client_no_context_takeover; server_no_context_takeover",
            b"; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12",
        ),
        (
            b"; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9",
            b"; server_max_window_bits=9",
        ),
    ],
)
async def test_compression_is_agreed_on(offer: bytes, answer: bytes) -> None:
    """Windows are small to save memory. The client's parameters are respected."""
    async with serving() as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\n" + OFFER + DEFLATE.rstrip() + offer + b"\r\n\r\n")
        head = await client.head()

    assert b"sec-websocket-extensions: permessage-deflate" + answer + b"\r\n" in head


async def test_compression_cannot_be_agreed_on() -> None:
    """If a client requires unsupported parameters, there is no compression."""
    async with serving() as served, await served.connect() as client:
        await client.send(
            b"GET / HTTP/1.1\r\n" + OFFER + DEFLATE.rstrip() + b"; server_max_window_bits=8\r\n\r\n"
        )

        assert b"sec-websocket-extensions" not in await client.head()


@pytest.mark.parametrize("takeover", [True, False])
async def test_compressed_messages(takeover: bool) -> None:
    """Compressed messages arrive, also in fragments, and mixed with uncompressed ones."""
    headers = DEFLATE if takeover else DEFLATE.rstrip() + b"; client_no_context_takeover\r\n"
    deflate = Deflater()
    text = b"one and the same " * 10

    def compressed(data: bytes) -> bytes:
        return deflate(data) if takeover else Deflater()(data)

    async with serving(accepts) as served, await served.open(headers) as client:
        for _ in range(2):
            payload = compressed(text)
            await client.send(
                frame(TEXT, payload[:9], fin=False, bits=COMPRESSED)
                + frame(CONTINUATION, fin=False)
                + frame(PING)
                + frame(CONTINUATION, payload[9:])
                + frame(TEXT, b"plain", fin=False)
                + frame(CONTINUATION)
            )
            payload = compressed(b"")
            await client.send(frame(BINARY, payload, bits=COMPRESSED))
        await client.send(frame(BINARY, compressed(b"x" * LIMIT), bits=COMPRESSED))
        await eventually(lambda: len(served.received) == 8)

    expected = [text.decode(), "plain", b"", text.decode(), "plain", b"", b"x" * LIMIT]
    assert expected == [
        message.get("text", message.get("bytes")) for message in served.received[1:]
    ]


async def test_answers_are_compressed() -> None:
    """Sent messages are compressed, except long ones, which would make others wait."""
    async with serving(limit=2 * LIMIT) as served, await served.open(DEFLATE) as client:
        await client.send(frame(TEXT, b"x" * LIMIT), frame(TEXT, b"x" * LIMIT + b"x"))
        first, payload = await client.frame()

        assert (0x80 | COMPRESSED | TEXT, b"x" * LIMIT) == (first, inflated(payload))
        assert (0x80 | TEXT, b"x" * LIMIT + b"x") == await client.frame()


@pytest.mark.parametrize(
    ("code", "sent"),
    [
        (1002, frame(TEXT, b"\xff\xff\xff\xff", bits=COMPRESSED)),
        (
            1002,
            frame(TEXT, fin=False, bits=COMPRESSED) + frame(CONTINUATION, bits=COMPRESSED),
        ),
        (1007, frame(TEXT, Deflater()(b"\xc3\x28"), bits=COMPRESSED)),
        (1009, frame(TEXT, Deflater()(b"x" * (LIMIT + 1)), bits=COMPRESSED)),
    ],
)
async def test_compressed_errors(code: int, sent: bytes) -> None:
    """A message that cannot be decompressed within the limit ends the WebSocket."""
    async with serving() as served, await served.open(DEFLATE) as client:
        await client.send(sent)
        _, payload = await client.frame()
        await client.rest()

    assert code.to_bytes(2) == payload[:2]
    assert code == served.received[-1]["code"]


async def test_bombs() -> None:
    """Of messages that are compressed a thousand times, only one at a time uses memory."""
    bomb = Deflater(15)(bytes(100 << 20))
    limit = 4 << 20
    async with serving(accepts, limit=limit) as served:
        clients = [await served.open(DEFLATE) for _ in range(10)]
        tracemalloc.start()
        async with fair():
            for client in clients:
                client.writer.write(frame(BINARY, bomb, bits=COMPRESSED))
            codes = [(await client.frame())[1][:2] for client in clients]
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        for client in clients:
            client.writer.transport.abort()

    assert [(1009).to_bytes(2)] * 10 == codes
    assert most < 3 * limit


async def test_messages_wait_as_they_were_sent() -> None:
    """A compressed message stays compressed until the application receives it."""
    leave = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        await leave.wait()
        await accepts(scope, receive, send)

    deflate = Deflater()
    sent = b"".join(frame(BINARY, deflate(bytes(LIMIT)), bits=COMPRESSED) for _ in range(20))
    async with serving(handler) as served, await served.open(DEFLATE) as client:
        tracemalloc.start()
        await client.send(sent)
        await asyncio.sleep(0.1)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert most < 1 << 20


async def test_receive_is_cancelled() -> None:
    """A message is not lost if the application stops waiting for it."""
    message = bytes(range(256)) * 16_000
    compressed = Deflater()(message)

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        waiting = asyncio.ensure_future(receive())
        while not served.shared.inflating.locked():  # noqa: ASYNC110 -- as soon as it is
            await asyncio.sleep(0)
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting
        first, second = await asyncio.gather(receive(), receive())
        await send({"type": "websocket.send", "text": str(first["bytes"] == message)})
        await send({"type": "websocket.send", "text": second["text"]})

    async with serving(handler, limit=16 * LIMIT) as served, await served.open(DEFLATE) as client:
        await client.send(frame(BINARY, compressed, bits=COMPRESSED), frame(TEXT, b"next"))

        assert b"True" == inflated((await client.frame())[1])
        assert (await client.frame())[0] == 0x80 | COMPRESSED | TEXT


@pytest.mark.parametrize(
    ("file", "limit", "expected"),
    [
        ("memory.max", "max", 16 << 20),
        ("memory.max", str(64 << 20), 4 << 20),
        ("memory.max", str(4 << 30), 16 << 20),
        ("memory/memory.limit_in_bytes", str(64 << 20), 4 << 20),
        ("memory/memory.limit_in_bytes", "9223372036854771712", 16 << 20),
        ("other", "", 16 << 20),
    ],
)
async def test_default_message_bytes(file: str, limit: str, expected: int, tmp_path: Path) -> None:
    """The maximum size of a message depends on the container's memory limit."""
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(f"{limit}\n")

    assert expected == default_message_bytes(str(tmp_path))


# The log.


async def test_log(caplog: pytest.LogCaptureFixture) -> None:
    """Neither messages nor ends of connections are logged."""
    with caplog.at_level(logging.DEBUG):
        async with serving() as served:
            await served.exchange(frame(TEXT, b"hunter2") + frame(CLOSE))
            await served.gone()

    assert [] == [record for record in caplog.records if record.name.startswith("func_runtime")]
    assert "hunter2" not in caplog.text


def test_key() -> None:
    """The key of these tests is valid."""
    assert 16 == len(base64.b64decode(KEY))
