"""HTTP/1.1 on a real socket: received and sent bytes, and what the application sees."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from email.utils import parsedate_to_datetime
from typing import Any, cast

import pytest

from contract.protocol_server import (
    DONE,
    HEAD,
    KEEP_ALIVE,
    Client,
    Handler,
    Served,
    answer,
    done,
    eventually,
)
from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.errors import ClientDisconnected, RequestAborted, ResponseUnfinished
from func_runtime.http import connection as connection_module
from func_runtime.http import cycle, request_reader, request_target
from func_runtime.http.protocol import HttpProtocol
from func_runtime.http.time_slice import TimeSlice
from func_runtime.settings.trusted_proxies import TrustedProxies

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nhost: f\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nhost: f\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
CLOSE = b"connection: close\r\n\r\n"
DONE_AND_CLOSED = HEAD + b"content-length: 4\r\nconnection: close\r\n\r\ndone"


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """Run on uvloop, as the runtime does."""
    return "asyncio", {"use_uvloop": True}


def serving(handler: Handler = done) -> Served:
    """Serve a handler."""
    return Served(handler)


def http_connection(served: Served) -> HttpProtocol:
    """Return the only connection, on the server's side."""
    connection = served.connection
    assert isinstance(connection, HttpProtocol)
    return connection


async def body(receive: Receive) -> bytes:
    """Return the whole body of a request."""
    whole, more = b"", True
    while more:
        message = await receive()
        assert "http.request" == message["type"]
        whole += message["body"]
        more = message["more_body"]
    return whole


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the request's body."""
    await answer(send, await body(receive))


def statuses(responses: bytes) -> list[int]:
    """Return the statuses of responses."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d+)", responses)]


# What the application sees of a request.


@pytest.mark.row("U2")
async def test_scope() -> None:
    """A scope has all fields of ASGI. Headers are unchanged, except that names are lower-case."""
    request = (
        b"PATCH /a%20%C3%A9%2Fb//?c=%20&c HTTP/1.1\r\nHOST: f\r\n"
        b"X-Some: One \xe9\r\nx-some:\r\nconnection: close\r\n\r\n"
    )
    async with serving() as served, await served.connect() as client:
        address = client.writer.get_extra_info("sockname")
        assert DONE_AND_CLOSED == await client.ask(request, len(DONE_AND_CLOSED))

    expected = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "server": ("127.0.0.1", served.port),
        "client": address,
        "scheme": "http",
        "method": "PATCH",
        "root_path": "",
        "path": "/a é/b//",
        "raw_path": b"/a%20%C3%A9%2Fb//",
        "query_string": b"c=%20&c",
        "headers": [
            (b"host", b"f"),
            (b"x-some", b"One \xe9"),
            (b"x-some", b""),
            (b"connection", b"close"),
        ],
        "state": {},
    }
    assert [expected] == served.scopes


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/", b"/", b""),
        (b"/?", b"/", b""),
        (b"//h/p", b"//h/p", b""),
        (b"/p?q?r", b"/p", b"q?r"),
        (b"/p#f?q", b"/p", b""),
        (b"/p?q#f", b"/p", b"q"),
        (b"http://h:80/p?q", b"/p", b"q"),
        (b"http://h", b"/", b""),
        (b"*", b"*", b""),
    ],
)
@pytest.mark.row("U16")
async def test_target(target: bytes, path: bytes, query: bytes) -> None:
    """Every form of a target (RFC 9112, 3.2) has a path and a query."""
    async with serving() as served:
        await served.exchange(b"OPTIONS %b HTTP/1.1\r\nhost: f\r\n" % target + CLOSE)

    (scope,) = served.scopes
    assert (path, query) == (scope["raw_path"], scope["query_string"])
    assert path.decode() == scope["path"]


@pytest.mark.row("U20")
async def test_request_in_single_bytes() -> None:
    """A request may come in any pieces."""
    request = (
        b"\r\nPOST /long/path HTTP/1.1\r\nhost: f\r\nx: y\r\ncontent-length: 2\r\n" + CLOSE + b"hi"
    )
    async with serving(echo) as served:
        response = await served.exchange(*(bytes([byte]) for byte in request))

    assert HEAD + b"content-length: 2\r\nconnection: close\r\n\r\nhi" == response
    assert b"/long/path" == served.scopes[0]["raw_path"]
    assert (b"x", b"y") == served.scopes[0]["headers"][1]


@pytest.mark.parametrize(
    "request_parts",
    [
        (POST + b"content-length: 6\r\n\r\nabcdef",),
        (POST + b"content-length: 6\r\n\r\n", b"abc", b"def"),
        (CHUNKED + b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n",),
        (CHUNKED + b"3;a=b\r\nab", b"c\r\n003\r\ndef\r\n0", b"\r\nx-trailer: 1\r\n\r\n"),
    ],
    ids=["at once", "in parts", "chunked", "with extension and trailer"],
)
@pytest.mark.row("U2")
async def test_body(request_parts: tuple[bytes, ...]) -> None:
    """A body arrives whole, however it was framed; the next request begins where it ends."""
    async with serving(echo) as served, await served.connect() as client:
        await client.send(*request_parts)
        expected = HEAD + b"content-length: 6\r\n\r\nabcdef"
        assert expected == await client.read(len(expected))
        await client.send(GET)
        assert HEAD + b"content-length: 0\r\n\r\n" == await client.read(len(HEAD) + 21)

    assert [(b"host", b"f")] == served.scopes[1]["headers"]


async def test_body_in_the_same_segment() -> None:
    """If a body came with its head, the handler receives it in one message."""
    messages: list[Message] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        messages.append(await receive())
        await answer(send, b"done")
        messages.append(await receive())

    async with serving(handler) as served, await served.connect() as client:
        assert DONE == await client.ask(CHUNKED + b"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n")

    expected = [
        {"type": "http.request", "body": b"abc", "more_body": False},
        {"type": "http.disconnect"},
    ]
    assert expected == messages


@pytest.mark.row("U8")
async def test_body_is_not_read_ahead() -> None:
    """A client that sends more than the application takes has to wait."""
    size = 20 * 1024 * 1024
    proceed = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.wait()
        await answer(send, b"%d" % len(await body(receive)))

    async with serving(handler) as served, await served.connect() as client:
        client.writer.write(POST + b"content-length: %d\r\n\r\n" % size)
        client.writer.write(b"x" * size)
        await eventually(lambda: not served.connection.transport.is_reading())
        await asyncio.sleep(0.05)
        assert client.writer.transport.get_write_buffer_size() > size / 2
        proceed.set()
        expected = HEAD + b"content-length: 8\r\n\r\n%d" % size

        assert expected == await client.read(len(expected))


async def answer_when_it_has_come(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, and take nothing of a body but its first part."""
    if scope["method"] == "POST":
        await receive()
    await answer(send, b"done")


SHORT, TOO_LONG = 200_000, 5_000_000


@pytest.mark.row("U14")
async def test_body_that_nobody_reads() -> None:
    """The rest of a body is skipped, and the connection can be used again."""
    async with serving(answer_when_it_has_come) as served, await served.connect() as client:
        for head, rest in (
            (POST + b"content-length: %d\r\n\r\n" % SHORT, b"x" * SHORT),
            (CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (SHORT, b"x" * SHORT)),
        ):
            await client.send(head + rest[:10])
            assert DONE == await client.read(len(DONE))
            await client.send(rest[10:])
            assert DONE == await client.ask(GET)


async def test_body_that_comes_late() -> None:
    """A client that has its answer may send the body as long as the connection may be idle."""
    async with serving() as served, await served.connect() as client:
        assert DONE == await client.ask(POST + b"content-length: 4\r\n\r\n")
        served.pass_time(KEEP_ALIVE - 1)

        assert DONE == await client.ask(b"body" + GET)


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (POST + b"content-length: %d\r\n\r\n" % TOO_LONG, b"x" * TOO_LONG, DONE_AND_CLOSED),
        (CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (TOO_LONG, b"x" * TOO_LONG), DONE),
        (CHUNKED, b"1\r\nx\r\n" * 100_000 + b"0\r\n\r\n", DONE),
    ],
    ids=["length", "one chunk", "chunks"],
)
async def test_body_that_nobody_reads_is_too_long(
    head: bytes, body: bytes, expected: bytes
) -> None:
    """A client that keeps sending after the response is disconnected, but gets the response."""
    async with serving(answer_when_it_has_come) as served, await served.connect() as client:
        await client.send(head + body[:10])
        assert expected == await client.read(len(expected))
        client.writer.write(body[10:] + GET)
        assert b"" == await client.rest()

    assert 1 == len(served.scopes)


async def test_body_that_waits_when_it_is_answered() -> None:
    """A body that was not read ahead is skipped as well."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            await eventually(lambda: not served.connection.transport.is_reading())
        await answer(send, b"done")

    async with serving(handler) as served, await served.connect() as client:
        client.writer.write(POST + b"content-length: %d\r\n\r\n" % SHORT + b"x" * SHORT)
        assert DONE == await client.read(len(DONE))
        assert DONE == await client.ask(GET)


class ShortTimeSlice(TimeSlice):
    """Lets each turn of the loop read a single piece."""

    def __init__(self) -> None:
        super().__init__()
        self.used = False

    def used_up(self) -> bool:
        """Say so every second time."""
        self.used = not self.used
        return not self.used


@pytest.mark.parametrize("waits_for_all", [False, True])
async def test_body_that_is_put_off(waits_for_all: bool) -> None:
    """Parts that wait for later turns of the loop, or for a reader, still arrive."""
    sent = b"".join(b"%07d" % number for number in range(100_000))  # more than is read at once

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "POST":
            while not http_connection(served)._is_paused:  # noqa: ASYNC110, SLF001 -- while it is put off
                await asyncio.sleep(0)
            await asyncio.sleep(0.05 * waits_for_all)
        await echo(scope, receive, send)

    async with serving(handler) as served, await served.connect() as client:
        served.state.time_slice = ShortTimeSlice()
        client.writer.write(CHUNKED + b"%x\r\n%b\r\n0\r\n\r\n" % (len(sent), sent))
        expected = HEAD + b"content-length: %d\r\n\r\n" % len(sent) + sent

        assert expected == await client.read(len(expected))
        assert HEAD + b"content-length: 0\r\n\r\n" == await client.ask(GET, len(HEAD) + 21)


async def test_nothing_is_read_before_what_is_put_off() -> None:
    """While a part waits, a handler that receives does not make the server read later parts."""
    reading: list[bool] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        connection = http_connection(served)
        while not connection._is_paused:  # noqa: ASYNC110, SLF001 -- then a part is put off
            await asyncio.sleep(0)
        await receive()
        reading.append(connection.transport.is_reading())
        await answer(send, b"done")

    async with serving(handler) as served, await served.connect() as client:
        served.state.time_slice = ShortTimeSlice()
        await eventually(lambda: len(served.state.connections) == 1)
        http_connection(served).data_received(CHUNKED + b"%x\r\n%b" % (100_000, b"x" * 100_000))

        assert DONE == await client.read(len(DONE))

    assert [False] == reading


async def test_connection_that_ends_while_a_part_is_put_off(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If the connection ends, waiting parts are dropped without an error."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] == "http.request":
            pass

    async with serving(handler) as served, await served.connect():
        served.state.time_slice = ShortTimeSlice()
        await eventually(lambda: len(served.state.connections) == 1)
        connection = http_connection(served)
        connection.data_received(CHUNKED + b"%x\r\n%b" % (100_000, b"x" * 100_000))
        connection.transport.abort()
        await served.gone()
        await asyncio.sleep(0)  # a part may have its turn yet

    assert 1 == len(served.scopes)
    assert [] == caplog.records


@pytest.mark.row("U14")
async def test_disconnect() -> None:
    """If a client disconnects, a handler that waits for it or sends to it learns that."""
    messages: list[Message] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        messages.append(await receive())
        both = await asyncio.gather(receive(), receive())
        messages.extend(both)
        for message in ({"type": "http.response.start", "status": 200}, PART, PART):
            with pytest.raises(ClientDisconnected):
                await send(message)
        messages.append(await receive())

    async with serving(handler) as served:
        async with await served.connect() as client:
            await client.send(GET)
        await eventually(lambda: len(messages) == 4)
        await eventually(lambda: not served.state.tasks)

    gone = {"type": "http.disconnect"}
    assert [{"type": "http.request", "body": b"", "more_body": False}, gone, gone, gone] == messages
    assert [] == served.errors


@pytest.mark.row("U14")
async def test_disconnect_within_a_body() -> None:
    """A handler can tell an incomplete body from a complete one."""
    messages: list[Message] = []

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        messages.append(await receive())
        messages.append(await receive())

    async with serving(handler) as served:
        async with await served.connect() as client:
            await client.send(POST + b"content-length: 9\r\n\r\nabc")
        await eventually(lambda: len(messages) == 2)

    expected = {"type": "http.request", "body": b"abc", "more_body": True}
    assert [expected, {"type": "http.disconnect"}] == messages


async def test_disconnect_before_the_answer() -> None:
    """If the client has disconnected, its waiting requests are not started."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    async with serving(handler) as served:
        async with await served.connect() as client:
            await client.send(GET + GET)
        http_connection(served).resume_reading()
        served.connection.transport.abort()
        await eventually(lambda: not served.state.connections)
        await eventually(lambda: not served.state.tasks)

    assert 1 == len(served.scopes)


async def test_connection_that_ends_with_an_answer() -> None:
    """If the connection is lost during a response, the next request is not started either."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        served.connection.transport.abort()
        await answer(send, b"nobody reads this")

    async with serving(handler) as served:
        assert b"" == await served.exchange(GET + GET)

    assert 1 == len(served.scopes)
    assert [] == served.errors


# Expect: 100-continue (RFC 9110, 10.1.1).

EXPECTING = b"expect: 100-Continue\r\ncontent-length: 4\r\n\r\n"


@pytest.mark.row("U18")
async def test_continue_is_sent_when_the_body_is_wanted() -> None:
    """100 Continue is sent when the application receives, and not before."""
    proceed = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.wait()
        await echo(scope, receive, send)

    async with serving(handler) as served, await served.connect() as client:
        await client.send(POST + EXPECTING)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.05)
        proceed.set()
        leave = b"HTTP/1.1 100 Continue\r\n\r\n"
        assert leave == await client.read(len(leave))
        await client.send(b"do")
        assert DONE == await client.ask(b"ne")
        assert HEAD + b"content-length: 0\r\n\r\n" == await client.ask(GET, len(HEAD) + 21)


@pytest.mark.row("U18")
async def test_continue_is_not_sent_for_nothing() -> None:
    """If the body is not read, the response is the last one: the next bytes may be the body."""
    async with serving() as served:
        assert DONE_AND_CLOSED == await served.exchange(POST + EXPECTING)


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
async def test_continue_is_not_sent_for_a_body_that_comes(version: bytes) -> None:
    """It is not sent to HTTP/1.0 clients, nor if the body is already arriving."""
    head = b"POST / HTTP/%b\r\nhost: f\r\nconnection: close\r\n" % version
    async with serving(echo) as served:
        assert DONE_AND_CLOSED == await served.exchange(head + EXPECTING + b"done")
        if version == b"1.0":
            assert DONE_AND_CLOSED == await served.exchange(head + EXPECTING, b"do", b"ne")


async def test_other_expectations_are_passed_over() -> None:
    """The application may handle them."""
    request = POST + b"expect: more\r\ncontent-length: 4\r\n\r\n"
    async with serving(echo) as served, await served.connect() as client:
        await client.send(request)
        assert DONE == await client.ask(b"done")


# Responses.


@pytest.mark.parametrize(
    ("parts", "headers", "expected"),
    [
        ([b"done"], [(b"Content-Length", b"4")], b"content-length: 4\r\n\r\ndone"),
        ([b"do", b"ne"], [(b"content-length", b"4")], b"content-length: 4\r\n\r\ndone"),
        ([b"done"], [], b"content-length: 4\r\n\r\ndone"),
        ([b""], [], b"content-length: 0\r\n\r\n"),
        (
            [b"do", b"", b"n" * 17, b""],
            [],
            b"transfer-encoding: chunked\r\n\r\n2\r\ndo\r\n11\r\n%b\r\n0\r\n\r\n" % (b"n" * 17),
        ),
        ([b"", b"e"], [], b"transfer-encoding: chunked\r\n\r\n1\r\ne\r\n0\r\n\r\n"),
        (
            [b"do", b"ne"],
            [(b"transfer-encoding", b"chunked")],
            b"transfer-encoding: chunked\r\n\r\n2\r\ndo\r\n2\r\nne\r\n0\r\n\r\n",
        ),
        (
            [b"done"],
            [(b"transfer-encoding", b"chunked"), (b"content-length", b"4")],
            b"content-length: 4\r\n\r\ndone",
        ),
    ],
)
@pytest.mark.row("U5")
async def test_framing(parts: list[bytes], headers: Any, expected: bytes) -> None:
    """A body has the length that is known when it begins, or is chunked; never both."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, *parts, headers=headers)

    async with serving(handler) as served, await served.connect() as client:
        expected = HEAD + expected
        assert expected * 2 == await client.ask(GET + GET, 2 * len(expected))


@pytest.mark.parametrize(
    ("method", "status", "headers", "expected"),
    [
        (b"HEAD", 200, [(b"content-length", b"9")], b"200 OK\r\ndate: now\r\ncontent-length: 9"),
        (b"HEAD", 200, [], b"200 OK\r\ndate: now"),
        (b"GET", 204, [], b"204 No Content\r\ndate: now"),
        (b"GET", 204, [(b"content-length", b"4")], b"204 No Content\r\ndate: now"),
        (
            b"GET",
            304,
            [(b"content-length", b"9")],
            b"304 Not Modified\r\ndate: now\r\ncontent-length: 9",
        ),
    ],
)
@pytest.mark.row("U2", "U5")
async def test_no_content(method: bytes, status: int, headers: Any, expected: bytes) -> None:
    """If a response must not have content, none is sent, even if the application sends some."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        scope["method"] = "GET"  # as a middleware may that answers HEAD so
        await answer(send, b"do", b"ne", status=status, headers=headers)

    async with serving(handler) as served, await served.connect() as client:
        request = b"%b / HTTP/1.1\r\nhost: f\r\n\r\n" % method
        whole = b"HTTP/1.1 " + expected + b"\r\n\r\n"
        assert whole * 2 == await client.ask(request * 2, 2 * len(whole))


@pytest.mark.parametrize("length", [[], [(b"content-length", b"0")]], ids=["no length", "length"])
async def test_headers_of_a_response(length: Any) -> None:
    """Headers are passed on in order, a date in place of the server's, the length last."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [*length, (b"X-B", b"1"), [b"date", b"then"], (b"x-b", b"2")]
        await answer(send, b"", status=404, headers=headers)

    expected = (
        b"HTTP/1.1 404 Not Found\r\nx-b: 1\r\ndate: then\r\nx-b: 2\r\ncontent-length: 0\r\n\r\n"
    )
    async with serving(handler) as served, await served.connect() as client:
        assert expected == await client.ask(GET, len(expected))


async def test_head_waits_for_the_body() -> None:
    """As in ASGI, the head is sent with the first part of the body, and then at once."""
    parts: asyncio.Queue[Message] = asyncio.Queue()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        while True:
            await send(await parts.get())

    async with serving(handler) as served, await served.connect() as client:
        await client.send(GET)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.05)
        parts.put_nowait({"type": "http.response.body", "more_body": True})
        expected = HEAD + b"transfer-encoding: chunked\r\n\r\n"
        assert expected == await client.read(len(expected))
        parts.put_nowait({"type": "http.response.body", "body": b"a", "more_body": True})
        assert b"1\r\na\r\n" == await client.read(6)


@pytest.mark.parametrize("size", [65_535, 65_536, 3_000_000])
async def test_large_response(size: int) -> None:
    """A body of any size follows its head."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"x" * size)

    async with serving(handler) as served, await served.connect() as client:
        expected = HEAD + b"content-length: %d\r\n\r\n" % size + b"x" * size
        assert expected == await client.ask(GET, len(expected))


PART = {"type": "http.response.body", "body": b"x" * 100_000, "more_body": True}


async def test_response_waits_for_a_slow_client() -> None:
    """An application that sends more than the client reads has to wait for it."""
    sent = 0

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(200):
            await send(PART)
            sent += 1
        await send({"type": "http.response.body", "body": b""})

    async with serving(handler) as served, await served.connect() as client:
        await client.send(b"GET / HTTP/1.1\r\nhost: f\r\n" + CLOSE)
        await eventually(lambda: served.connection.congested is not None)
        before = sent
        await asyncio.sleep(0.05)
        assert before == sent < 200
        whole = await client.rest()

    assert 200 == sent
    assert whole.endswith(b"x\r\n0\r\n\r\n")
    assert 20_000_000 == whole.count(b"x")


@pytest.mark.parametrize("streams", [True, False])
async def test_client_that_takes_nothing_is_cut_off(streams: bool) -> None:
    """A client that reads nothing for as long as a connection may be idle is disconnected."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while streams and served.state.connections:
            await send(PART)
        await send({"type": "http.response.body", "body": b"x" * 50_000_000})

    async with serving(handler) as served, await served.connect() as client:
        await client.send(GET + GET)
        await eventually(lambda: served.connection.congested is not None)
        served.pass_time(KEEP_ALIVE)
        await client.read(1_000_000)
        await asyncio.sleep(0.1)
        served.pass_time(KEEP_ALIVE)
        served.pass_time(KEEP_ALIVE - 1)
        assert not served.connection.transport.is_closing()
        served.pass_time(1)
        await eventually(lambda: not served.state.connections and not served.state.tasks)


LAST = b"GET / HTTP/1.0\r\n\r\n"


async def test_client_that_takes_nothing_of_the_last_response_is_cut_off() -> None:
    """A connection that closes after its last response waits for the client for a limited time."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"x" * 50_000_000)

    async with serving(handler) as served, await served.connect() as client:
        await client.send(LAST)
        await eventually(served.connection.transport.is_closing)
        served.pass_time(KEEP_ALIVE)
        served.pass_time(KEEP_ALIVE)
        await eventually(lambda: not served.state.connections)


async def test_client_that_has_caught_up_has_all_time() -> None:
    """A client that was slow has the full time for the rest of the response."""
    proceed = asyncio.Event()
    size = 50_000_000

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x" * size, "more_body": True})
        await proceed.wait()
        await send({"type": "http.response.body", "body": b"the rest"})

    async with serving(handler) as served, await served.connect() as client:
        await client.send(LAST)
        await eventually(lambda: served.connection.congested is not None)
        await client.head()
        await client.read(size)
        await eventually(lambda: served.connection.congested is None)
        served.pass_time(KEEP_ALIVE)
        proceed.set()

        assert b"the rest" == await client.rest()


async def stream(send: Send, part: Message) -> None:
    """Send a response without an end."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send(part)


LINE = {"type": "http.response.body", "body": b"a line\n", "more_body": True}


@pytest.mark.parametrize("part", [PART, LINE], ids=["large", "small"])
async def test_client_that_goes_ends_a_response(
    part: Message, caplog: pytest.LogCaptureFixture
) -> None:
    """Sending without an end raises when the client disconnects, which is not logged."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await stream(send, part)

    async with serving(handler) as served:
        async with await served.connect() as client:
            await client.send(GET)
            await client.read(10)
        await eventually(lambda: not served.state.connections and not served.state.tasks)

    assert [ClientDisconnected] == [type(error) for error in served.errors]
    assert [] == caplog.records


async def delays(loop: asyncio.AbstractEventLoop, seconds: float) -> list[float]:
    """Return how long the loop kept other tasks waiting, measured for some time."""
    found = []
    end = loop.time() + seconds
    while (before := time.perf_counter()) and loop.time() < end:
        await asyncio.sleep(0)
        found.append(time.perf_counter() - before)
    return found


async def read_slowly(client: Client) -> None:
    """Read a little, again and again."""
    while await client.reader.read(1000):  # noqa: ASYNC110 -- slowness is the purpose
        await asyncio.sleep(0.001)


async def read_all(client: Client) -> None:
    """Read as fast as it comes."""
    while await client.reader.read(1 << 16):
        pass


@pytest.mark.parametrize("read", [read_slowly, read_all])
@pytest.mark.parametrize("part", [PART, LINE], ids=["large", "small"])
async def test_responses_without_end_keep_nobody_waiting(
    part: Message, read: Callable[[Client], Coroutine[Any, Any, None]]
) -> None:
    """Handlers that never wait share the loop with other tasks, also if there are many."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await stream(send, part)

    loop = asyncio.get_running_loop()
    async with serving(handler) as served, AsyncExitStack() as stack:
        readers = []
        for _ in range(20):
            client = await stack.enter_async_context(await served.connect())
            await client.send(GET)
            readers.append(loop.create_task(read(client)))
        found = await delays(loop, 0.3)
        for reader in readers:
            reader.cancel()

    # The usual: a machine that is busy with other tests may be late itself.
    assert sorted(found)[len(found) // 2] < 0.05


async def test_response_that_gives_way() -> None:
    """A response that yields to the loop after each part continues in the next turn."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, *[b"x"] * 100, headers=[(b"content-length", b"100")])

    async with serving(handler) as served, await served.connect() as client:
        served.state.time_slice = ShortTimeSlice()
        expected = HEAD + b"content-length: 100\r\n\r\n" + b"x" * 100

        assert expected == await client.ask(GET, len(expected))


async def heedless(scope: Scope, receive: Receive, send: Send) -> None:
    """Keep sending, and ignore exceptions."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        with suppress(ClientDisconnected):
            await send(LINE)


async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
    """Keep receiving."""
    while True:
        await receive()


async def late(scope: Scope, receive: Receive, send: Send) -> None:
    """Keep sending after the end of the response."""
    await answer(send, b"done")
    while True:
        with suppress(RuntimeError):
            await send(LINE)


@pytest.mark.parametrize("handler", [heedless, deaf, late])
async def test_handler_that_goes_on_when_its_client_has_gone(handler: Handler) -> None:
    """A handler that continues after the end of its request takes almost no time."""
    async with serving(handler) as served:
        async with await served.connect() as client:
            await client.send(GET)
        await eventually(lambda: not served.state.connections)
        await asyncio.sleep(0.05)
        before = time.process_time()
        await asyncio.sleep(0.2)

        assert time.process_time() - before < 0.1
        assert 1 == len(served.state.tasks)


async def test_response_that_is_unfinished(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged if the client is still connected, and not if it has disconnected."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/wait":
            await receive()
            await receive()
        raise ResponseUnfinished("unfinished")

    async with serving(handler) as served:
        async with await served.connect() as client:
            await client.send(GET.replace(b"/", b"/wait", 1))
        await eventually(lambda: not served.state.tasks and bool(served.errors))
        assert [] == caplog.records
        assert b"" == await served.exchange(GET)

    assert ["unfinished"] == [record.getMessage() for record in caplog.records]


async def test_write_event_that_nobody_waits_for() -> None:
    """A transport may report free space without ever having been full."""
    async with serving() as served, await served.connect() as client:
        await client.ask(GET)
        served.connection.resume_writing()

        assert DONE == await client.ask(GET)


# What an application does wrong.


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        ([{"type": "http.response.body"}], RuntimeError),
        ([{"type": "http.response.start", "status": 200}] * 2, RuntimeError),
        ([{"type": "http.response.start", "status": 102}], ValueError),
        ([{"type": "http.response.start", "status": 200, "headers": [(b"a", b"\n")]}], ValueError),
        (
            [
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [(b"content-length", b"x")],
                }
            ],
            ValueError,
        ),
        ([{"type": "websocket.accept"}], RuntimeError),
        ([{"type": "http.response.start", "status": 200}, {"type": "other"}], RuntimeError),
        (
            [
                {"type": "http.response.start", "status": 200},
                {"type": "http.response.body", "body": "text"},
            ],
            TypeError,
        ),
        ([], RequestAborted),
    ],
)
@pytest.mark.row("U13")
async def test_message_that_is_wrong(messages: list[Message], error: type[Exception]) -> None:
    """An unexpected or invalid message is an error, and nothing is sent."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)
        raise RequestAborted

    async with serving(handler) as served:
        assert b"" == await served.exchange(GET)

    assert [error] == [type(found) for found in served.errors]


async def test_head_that_is_wrong_can_be_corrected() -> None:
    """After an invalid start message, the application can send a valid one."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        for name in (b"content-length", b"no name"):
            with pytest.raises(ValueError, match="not a "):
                await answer(
                    send, b"", status=304, headers=[(b"connection", b"close"), (name, b"x")]
                )
        await answer(send, b"do", b"ne", headers=[(b"content-length", b"4")])

    async with serving(handler) as served, await served.connect() as client:
        assert 2 * DONE == await client.ask(GET + GET, 2 * len(DONE))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([b"longer than that"], b""),
        ([b"1234", b"5"], b"1234"),
        ([b"short"[:3]], b""),
        ([b"12", b"3"], b"12"),
    ],
)
@pytest.mark.row("U7")
async def test_content_length_that_is_wrong(parts: list[bytes], expected: bytes) -> None:
    """If the body does not match its content-length, the connection is aborted."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, *parts, headers=[(b"content-length", b"4")])

    async with serving(handler) as served:
        response = await served.exchange(GET)

    assert expected == response.partition(b"\r\n\r\n")[2]
    (error,) = served.errors
    assert isinstance(error, ValueError)
    assert "the body of the response does not match its content-length" == str(error)


@pytest.mark.row("U13")
async def test_message_after_the_end() -> None:
    """A response cannot be sent twice; the client has the first, and its connection."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"done")
        await answer(send, b"again")

    async with serving(handler) as served, await served.connect() as client:
        assert DONE == await client.ask(GET)
        assert DONE == await client.ask(GET)

    reason = "http.response.start is not the next message of a response"
    assert [(RuntimeError, reason)] * 2 == [(type(found), str(found)) for found in served.errors]


async def fail_late(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a part and fail."""
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"part", "more_body": True})
    await asyncio.sleep(0)
    raise OSError


@pytest.mark.row("U10")
async def test_failure_within_a_response() -> None:
    """The client sees that the response is incomplete."""
    async with serving(fail_late) as served:
        response = await served.exchange(GET + GET)

    assert HEAD + b"transfer-encoding: chunked\r\n\r\n4\r\npart\r\n" == response
    assert 1 == len(served.scopes)


async def test_failure_within_a_response_without_framing() -> None:
    """If the end of the connection is the end of the body, the connection is reset instead."""
    async with serving(fail_late) as served:
        with pytest.raises(ConnectionResetError):
            await served.exchange(b"GET / HTTP/1.0\r\n\r\n")


async def test_failure_within_a_response_to_a_slow_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the client does not read what was sent before the failure, the rest is dropped."""
    monkeypatch.setattr(connection_module, "_LINGER_SECONDS", 0.1)

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 50_000_000, "more_body": True})
        raise RequestAborted

    async with serving(handler) as served, await served.connect() as client:
        await client.send(GET)
        await eventually(lambda: bool(served.errors))
        assert 1 == len(served.state.connections)
        await eventually(lambda: not served.state.connections)
        assert not (await client.rest()).endswith(b"0\r\n\r\n")


@pytest.mark.row("U11")
async def test_application_that_does_not_answer() -> None:
    """A handler that returns, or is cancelled, without an answer: the connection ends."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/wait":
            await asyncio.Event().wait()

    async with serving(handler) as served, await served.connect() as client:
        assert b"" == await served.exchange(GET)
        await client.send(GET.replace(b"/", b"/wait", 1))
        await eventually(lambda: len(served.state.tasks) == 1)
        for task in served.state.tasks:
            task.cancel()
        assert b"" == await client.rest()


@pytest.mark.parametrize(
    ("error", "logged"), [(RequestAborted(), []), (OSError("why"), ["The application raised"])]
)
async def test_failure_is_logged(
    error: Exception, logged: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """An exception is logged, unless its reason was already logged."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    async with serving(handler) as served:
        assert b"" == await served.exchange(GET)

    assert logged == [record.getMessage()[:22] for record in caplog.records if record.exc_info]


# The connection's life.


@pytest.mark.parametrize(
    "request_head",
    [b"GET / HTTP/1.1\r\nhost: f\r\nconnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"],
)
@pytest.mark.row("U4")
async def test_last_request(request_head: bytes) -> None:
    """With `connection: close` or HTTP/1.0, the connection closes after the response."""
    async with serving() as served:
        assert DONE_AND_CLOSED == await served.exchange(request_head)


async def test_connection_ends_with_the_last_answer() -> None:
    """A connection without an incomplete request is closed without waiting for the client."""
    async with serving() as served, await served.connect() as client:
        assert DONE_AND_CLOSED == await client.ask(LAST, len(DONE_AND_CLOSED))
        await eventually(lambda: not served.state.connections)


@pytest.mark.row("U15")
async def test_http_1_0_is_not_chunked() -> None:
    """A body whose length is not known ends with the connection for HTTP/1.0."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"do", b"ne")

    async with serving(handler) as served:
        response = await served.exchange(b"GET / HTTP/1.0\r\n\r\n")

    assert HEAD + b"connection: close\r\n\r\ndone" == response
    assert "1.0" == served.scopes[0]["http_version"]


@pytest.mark.row("U4")
async def test_application_closes() -> None:
    """An application may end the connection with its response."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"done", headers=[(b"Connection", b"Close")])

    async with serving(handler) as served:
        assert DONE_AND_CLOSED == await served.exchange(GET + GET)

    assert 1 == len(served.scopes)


@pytest.mark.row("R29")
async def test_idle_connection_is_closed_in_time() -> None:
    """A connection may be idle for the time that is set, since its last answer."""
    async with serving() as served, await served.connect() as client:
        await eventually(lambda: len(served.state.connections) == 1)
        served.pass_time(KEEP_ALIVE - 1)
        assert DONE == await client.ask(GET)
        served.pass_time(KEEP_ALIVE - 1)
        assert DONE == await client.ask(GET)
        served.pass_time(KEEP_ALIVE)

        assert b"" == await client.rest()


async def test_new_connection_without_a_request_is_closed_in_time() -> None:
    """A new connection without a request has the same time: proxies open some in advance."""
    async with serving() as served, await served.connect() as client:
        await eventually(lambda: len(served.state.connections) == 1)
        served.pass_time(KEEP_ALIVE)

        assert b"" == await client.rest()


@pytest.mark.row("U3")
async def test_request_that_runs_has_all_time() -> None:
    """The time limits of a connection do not apply to the application."""
    proceed = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.wait()
        await answer(send, b"done")

    async with serving(handler) as served, await served.connect() as client:
        await client.send(GET)
        served.pass_time(10 * KEEP_ALIVE)
        proceed.set()

        assert DONE == await client.read(len(DONE))


async def test_head_has_a_time() -> None:
    """An incomplete head is rejected after its time, even if bytes keep arriving."""
    async with serving() as served, await served.connect() as client:
        assert DONE == await client.ask(GET)
        await client.send(b"GET / HTTP/1.1\r\nho")
        served.pass_time(15)
        await client.send(b"st")
        served.pass_time(4)
        await client.send(b": f")
        served.pass_time(1)

        assert [408] == statuses(await client.rest())


@pytest.mark.parametrize("first", [b"", GET], ids=["first request", "second request"])
async def test_head_that_comes_in_time(first: bytes) -> None:
    """A head may come in parts within its time."""
    async with serving() as served, await served.connect() as client:
        if first:
            assert DONE == await client.ask(first)
        await client.send(GET[:9])
        served.pass_time(19)

        assert DONE == await client.ask(GET[9:])


async def test_head_that_begins_with_the_last_request() -> None:
    """A head that began with the previous request has a time limit, too."""
    async with serving() as served, await served.connect() as client:
        assert DONE == await client.ask(GET + b"GET / HTTP/1.1\r\nho")
        served.pass_time(20)

        assert [408] == statuses(await client.rest())


@pytest.mark.row("U6")
async def test_pipelined_requests() -> None:
    """Requests that came together are answered in order, one after the other."""
    running = 0

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal running
        running += 1
        assert 1 == running
        if scope["path"] != "/2":
            await asyncio.sleep(0.02)
        running -= 1
        await answer(send, scope["raw_path"])

    requests = b"".join(b"GET /%d HTTP/1.1\r\nhost: f\r\n\r\n" % number for number in range(9))
    async with serving(handler) as served:
        last = b"GET /9 HTTP/1.1\r\nhost: f\r\n" + CLOSE
        whole = await served.exchange(requests[:20], requests[20:], last)

    assert [b"/%d" % number for number in range(10)] == re.findall(rb"\n(/\d)", whole)
    assert [] == served.errors


async def test_pipelined_requests_are_not_read_ahead() -> None:
    """While responses are pending, no more requests are read. Later they are."""
    proceed = asyncio.Semaphore(0)

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.acquire()
        await answer(send, b"done")

    async with serving(handler) as served, await served.connect() as client:
        for _ in range(2):
            await client.send(GET)
            assert served.connection.transport.is_reading()
            await client.send(GET + GET)
            assert not served.connection.transport.is_reading()
            proceed.release()
            assert DONE == await client.read(len(DONE))
            assert not served.connection.transport.is_reading()
            proceed.release()
            proceed.release()
            assert 2 * DONE == await client.read(2 * len(DONE))
            assert served.connection.transport.is_reading()


async def test_pipelined_requests_at_once_are_not_read_ahead() -> None:
    """The same is true for the first requests of a connection."""
    proceed = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.wait()
        await answer(send, b"done")

    async with serving(handler) as served, await served.connect() as client:
        await client.send(GET + GET)
        assert not served.connection.transport.is_reading()
        proceed.set()
        assert 2 * DONE == await client.read(2 * len(DONE))
        assert served.connection.transport.is_reading()


async def test_too_many_pipelined_requests() -> None:
    """Pipelined requests within the limit are answered, the next one is rejected."""
    async with serving() as served:
        whole = await served.exchange(GET * 1000)

    assert [200] * 64 + [429] == statuses(whole)
    assert 64 == len(served.scopes)


async def test_handler_that_goes_on_after_its_response() -> None:
    """The next request does not wait for a handler that continues after its response."""
    release = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, b"done")
        await release.wait()

    async with serving(handler) as served, await served.connect() as client:
        assert DONE * 3 == await client.ask(GET + GET + GET, 3 * len(DONE))
        assert 3 == len(served.state.tasks)
        release.set()
        await eventually(lambda: not served.state.tasks)


def at_once(coroutine: Coroutine[Any, Any, None], *, loop: Any, **_: Any) -> asyncio.Future[None]:
    """Run a coroutine that waits for nothing, as an eager task does on newer Pythons."""
    future: asyncio.Future[None] = loop.create_future()
    try:
        coroutine.send(None)
    except StopIteration:
        future.set_result(None)
    except RuntimeError as error:
        future.set_exception(error)
    return future


async def test_handler_that_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler may return or raise within the call that started it."""
    monkeypatch.setattr(cycle, "Task", at_once)

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await answer(send, await body(receive) or b"done")
        if scope["method"] == "HEAD":
            await answer(send, b"again")

    async with serving(handler) as served, await served.connect() as client:
        assert 3 * DONE == await client.ask(GET + GET + GET, 3 * len(DONE))
        assert DONE == await client.ask(POST + b"content-length: 4\r\n\r\ndone")
        assert HEAD + b"\r\n" == await client.ask(b"HEAD" + GET[3:], len(HEAD) + 2)
        assert set() == served.state.tasks


@pytest.mark.row("U17")
async def test_shutdown() -> None:
    """An idle connection is closed at once; requests that are here are answered first."""
    proceed = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.wait()
        await answer(send, b"done")

    async with (
        serving(handler) as served,
        await served.connect() as idle,
        await served.connect() as single,
        await served.connect() as several,
    ):
        await single.send(GET)
        await several.send(GET + GET)
        await eventually(lambda: len(served.state.connections) == 3)
        for connection in list(served.state.connections):
            connection.drain()
        assert b"" == await idle.rest()
        proceed.set()

        assert DONE_AND_CLOSED == await single.rest()
        assert DONE + DONE_AND_CLOSED == await several.rest()


# More connections than there may be.


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", POST + b"content-length: 9\r\n\r\nx", GET],
    ids=["nothing", "half a head", "half a body", "idle"],
)
async def test_too_many_connections(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """If there are too many, the server closes connections that wait for their clients."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive()).get("more_body"):
            pass
        if message["type"] == "http.request":
            await answer(send, b"done")

    async with serving(handler) as served, AsyncExitStack() as stack:
        served.state.max_connections = 4
        for _ in range(12):
            client = await stack.enter_async_context(await served.connect())
            await client.send(sent)
            assert len(served.state.connections) <= 4
        last = await stack.enter_async_context(await served.connect())
        assert DONE == await last.ask(GET)
        assert len(served.state.connections) <= 4

    assert ["4 connections are open"] == [r.getMessage()[:22] for r in caplog.records]


async def test_too_many_connections_with_requests() -> None:
    """Requests that run are not disturbed, however many there are."""
    proceed = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.wait()
        await answer(send, b"done")

    async with serving(handler) as served, AsyncExitStack() as stack:
        served.state.max_connections = 4
        clients = []
        for _ in range(8):
            clients.append(await stack.enter_async_context(await served.connect()))
            await clients[-1].send(GET)
        proceed.set()

        assert [DONE] * 8 == [await client.read(len(DONE)) for client in clients]


async def test_many_connections_that_wait() -> None:
    """Of many waiting connections, one in 64 is closed, and one more."""
    async with serving() as served, AsyncExitStack() as stack:
        served.state.max_connections = 64
        for _ in range(64):
            await stack.enter_async_context(await served.connect())
        last = await stack.enter_async_context(await served.connect())
        assert DONE == await last.ask(GET)
        assert 64 - 2 + 1 == len(served.state.connections)


async def test_warning_of_too_many_connections(caplog: pytest.LogCaptureFixture) -> None:
    """The warning says what happens, and comes once a minute at most."""
    warnings = []
    async with serving() as served, AsyncExitStack() as stack:
        served.state.max_connections = 1
        for seconds in (0, 0, 60, 1):
            served.pass_time(seconds)
            client = await stack.enter_async_context(await served.connect())
            assert DONE == await client.ask(GET)
            warnings.append(len(caplog.records))

    assert [0, 1, 1, 2] == warnings
    assert (
        "1 connections are open, as many as the limit of open files allows: "
        "those that wait for their clients are closed"
    ) == caplog.records[0].getMessage()


async def test_connections_are_closed_in_the_order_of_their_time() -> None:
    """Of the waiting connections, the one with the next deadline is closed first."""
    async with serving() as served, await served.connect() as kept:
        served.state.max_connections = 2
        assert DONE == await kept.ask(GET)
        async with await served.connect() as slow:
            await slow.send(b"GET / HT")
            async with await served.connect() as other:
                assert DONE == await other.ask(GET)
                with suppress(ConnectionError):
                    assert b"" == await slow.rest()
        assert DONE == await kept.ask(GET)


# What is no request.

WRONG = {
    "no HTTP": b"hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "bytes in the target": b"GET /\xff HTTP/1.1\r\nhost: f\r\n\r\n",
    "target of nothing": b"GET http:// HTTP/1.1\r\nhost: f\r\n\r\n",
    "target with a port that is none": b"GET http://h:99999/ HTTP/1.1\r\nhost: f\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": GET[:-2] + b"host: f\r\n\r\n",
    "two hosts that differ": GET[:-2] + b"accept: */*\r\nHost: g\r\n\r\n",
    "invalid host": b"GET / HTTP/1.1\r\nhost: f/g\r\n\r\n",
    "invalid host of HTTP/1.0": b"GET / HTTP/1.0\r\nhost: f g\r\n\r\n",
    "RTSP": b"GET / RTSP/1.0\r\nhost: f\r\n\r\n",
    "RTSP 1.1": b"POST /p?q RTSP/1.1\r\nhost: f\r\n\r\n",
    "method of RTSP": b"PLAY / RTSP/1.0\r\nhost: f\r\n\r\n",
    "Icecast": b"SOURCE / ICE/1.0\r\nhost: f\r\n\r\n",
    "asterisk of another method": b"GET * HTTP/1.1\r\nhost: f\r\n\r\n",
    "target of another scheme": b"GET ftp://f/ HTTP/1.1\r\nhost: f\r\n\r\n",
    "target without a host": b"GET http://f/ HTTP/1.1\r\n\r\n",
    "chunks of HTTP/1.0": b"POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in chunks": POST + b"transfer-encoding: chunked, chunked\r\n\r\n",
    "WebSocket with a body": GET[:-2]
    + b"content-length: 2\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhi",
    "WebSocket with chunks": GET[:-2]
    + b"transfer-encoding: chunked\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "another header for a host": b"GET / HTTP/1.1\r\nx-host: f\r\n\r\n",
    "space in a name": b"GET / HTTP/1.1\r\nhost : f\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nhost: f\r\n g\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nhost: f\x00\r\n\r\n",
    "bare LF": b"GET / HTTP/1.1\nhost: f\n\n",
    "two lengths": POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\n",
    "length and chunks": POST + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    "unknown coding": POST + b"transfer-encoding: gzip\r\n\r\n",
    "negative length": POST + b"content-length: -1\r\n\r\n",
    "tunnel": b"CONNECT h:1 HTTP/1.1\r\nhost: f\r\n\r\n",
    "tunnel to a path": b"CONNECT /h HTTP/1.1\r\nhost: f\r\n\r\n",
    "upgrade with an unknown coding": POST
    + b"connection: upgrade\r\nupgrade: h2c\r\ntransfer-encoding: gzip\r\n\r\n",
}
REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\ndate: now\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 11\r\nconnection: close\r\n\r\nBad Request"
)


@pytest.mark.parametrize("request_bytes", WRONG.values(), ids=WRONG)
@pytest.mark.row("U9")
async def test_no_request(request_bytes: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """An invalid request is rejected after the responses before it, and not logged."""
    caplog.set_level(logging.INFO)
    async with serving() as served:
        assert REFUSED == await served.exchange(request_bytes)
        assert DONE + REFUSED == await served.exchange(GET + request_bytes)

    assert 1 == len(served.scopes)
    assert [] == caplog.records


async def test_reason_for_refusal(caplog: pytest.LogCaptureFixture) -> None:
    """With LOG_LEVEL=debug, the log has the reason of a rejection."""
    caplog.set_level(logging.DEBUG, "func_runtime")
    async with serving() as served:
        for name in ("tunnel to a path", "no host", "target of another scheme", "no HTTP"):
            assert REFUSED == await served.exchange(WRONG[name])

    assert [
        "Not HTTP: rejected with status 400",
        "Not HTTP: rejected with status 400",
        "Not HTTP: not a path",
        "Not HTTP: Invalid method encountered",
    ] == [record.getMessage() for record in caplog.records if record.name == "func_runtime"]


@pytest.mark.parametrize(
    "codings",
    [
        b"transfer-encoding: gzip, chunked",
        b"transfer-encoding: deflate\r\nTransfer-Encoding: chunked",
        b"x: y\r\ntransfer-encoding: identity , Chunked",
    ],
)
@pytest.mark.parametrize("rest", [b"0\r\n\r\n", b""])
async def test_transfer_codings_that_are_not_known(codings: bytes, rest: bytes) -> None:
    """A body with an unknown transfer coding is rejected (RFC 9112, 6.1)."""
    request = POST + codings + b"\r\n\r\n" + rest
    async with serving() as served:
        assert [501] == statuses(await served.exchange(request))
        assert [200, 501] == statuses(await served.exchange(GET + request))

    assert 1 == len(served.scopes)


async def test_other_protocols_in_parts() -> None:
    """The request line of another protocol is detected in any parts. Headers may name one."""
    request = b"GET /x RTSP/1.0\r\nhost: f\r\n\r\n"
    async with serving() as served, await served.connect() as client:
        assert [400] == statuses(await served.exchange(*(bytes([byte]) for byte in request)))
        assert DONE == await client.ask(GET[:-2] + b"user-agent: a RTSP/1.0\r\n\r\n")
        assert DONE == await client.ask(b"\r\n" + GET[:-2] + b"user-agent: RTSP/1.0\r\n\r\n")
        await client.send(GET.replace(b"/", b"/x", 1) + request)
        assert [200, 400] == statuses(await client.rest())


async def test_hosts_of_a_connection() -> None:
    """Each request of a connection may have another host, and repeated headers."""
    hosts = [b"f", b"f", b"g:80", b"", b"[::1]", b"f"]
    async with serving() as served, await served.connect() as client:
        for host in hosts:
            head = b"GET / HTTP/1.1\r\ncookie: a\r\nHost: %b\r\ncookie: b\r\n\r\n" % host
            assert DONE == await client.ask(head)
        await client.send(b"GET / HTTP/1.1\r\n\r\n")
        assert [400] == statuses(await client.rest())

    assert hosts == [dict(scope["headers"])[b"host"] for scope in served.scopes]


async def test_host_that_was_another_header() -> None:
    """A host is checked even if an earlier request had its text in another header."""
    async with serving() as served, await served.connect() as client:
        assert DONE == await client.ask(b"GET / HTTP/1.1\r\nx: g h\r\nhost: f\r\n\r\n")
        await client.send(b"GET / HTTP/1.1\r\nhost: g h\r\n\r\n")
        assert REFUSED == await client.rest()


async def test_trailers_are_no_headers() -> None:
    """Trailers have no effect on their request, nor on the next one."""
    trailers = b"host: g h\r\nx-forwarded-for: 192.0.2.1\r\nx-forwarded-proto: https\r\n"
    async with serving(echo) as served, await served.connect() as client:
        for _ in range(2):
            expected = HEAD + b"content-length: 1\r\n\r\na"
            request = CHUNKED + b"1\r\na\r\n0\r\n" + trailers + b"\r\n"
            assert expected == await client.ask(request, len(expected))

    assert [("http", "127.0.0.1")] * 2 == [
        (scope["scheme"], scope["client"][0]) for scope in served.scopes
    ]


async def test_absolute_target_stands_for_the_host() -> None:
    """The authority of a target in the absolute form is the host (RFC 9112, 3.2.2)."""
    async with serving() as served:
        await served.exchange(b"GET http://G:80/p?q HTTP/1.1\r\nx: y\r\nHost: f\r\n" + CLOSE)

    (scope,) = served.scopes
    assert [(b"x", b"y"), (b"host", b"G:80"), (b"connection", b"close")] == scope["headers"]
    assert (b"/p", b"q", "http") == (scope["raw_path"], scope["query_string"], scope["scheme"])


FORWARDED = b"X-Forwarded-Proto: https\r\nX-Forwarded-For: 192.0.2.1\r\n"


@pytest.mark.parametrize(
    ("allowed", "expected"), [("127.0.0.1", ("https", ("192.0.2.1", 0))), ("10.0.0.0/8", None)]
)
async def test_forwarded(allowed: str, expected: tuple[str, tuple[str, int]] | None) -> None:
    """A trusted proxy names the client of each request. The headers do not change."""
    async with serving() as served, AsyncExitStack() as stack:
        served.state.proxies = TrustedProxies(allowed)
        client = await stack.enter_async_context(await served.connect())
        own = ("http", client.writer.get_extra_info("sockname"))
        assert DONE == await client.ask(GET[:-2] + FORWARDED + b"\r\n")
        assert DONE == await client.ask(GET)
        more = b"x-forwarded-for: 127.0.0.1\r\n\r\n"
        assert DONE == await client.ask(GET[:-2] + FORWARDED + more)
        assert DONE == await client.ask(GET[:-2] + b"x-forwarded-for: 192.0.2.1\r\n\r\n")

    assert [expected or own, own, expected or own, ("http", (expected or own)[1])] == [
        (scope["scheme"], scope["client"]) for scope in served.scopes
    ]
    assert (b"x-forwarded-for", b"192.0.2.1") in served.scopes[0]["headers"]


async def test_header_names_that_are_made_up() -> None:
    """The cache of names is limited, and all names are lower-case."""
    names = [b"X-%d" % number for number in range(2000)] + [b"X" * 100]
    async with serving() as served, await served.connect() as client:
        for start in range(0, len(names), 200):
            headers = b"".join(b"%b: y\r\n" % name for name in names[start : start + 200])
            assert DONE == await client.ask(GET[:-2] + headers + b"\r\n")

    found = [name for scope in served.scopes for name, _ in scope["headers"] if name != b"host"]
    assert [name.lower() for name in names] == found
    remembered = request_reader._lower_names  # noqa: SLF001 -- its size is what matters
    assert len(remembered) <= 1024
    assert max(map(len, remembered)) < 64


async def test_paths_that_are_made_up() -> None:
    """Paths are remembered up to a bound, and each request has its own."""
    targets = [b"/%d%%20x" % number for number in range(2000)] + [b"/" + b"x" * 100, b"/?x", b"/0"]
    async with serving() as served, await served.connect() as client:
        for target in (*targets, *targets[:3]):
            assert DONE == await client.ask(GET.replace(b" / ", b" %b " % target))

    found = [(scope["raw_path"], scope["query_string"]) for scope in served.scopes]
    assert [(b"/0%20x", b""), (b"/1%20x", b""), (b"/2%20x", b"")] == found[-3:] == found[:3]
    assert (b"/", b"x") == found[2001]
    assert served.scopes[0]["path"] == served.scopes[-3]["path"] == "/0 x"
    remembered = request_target.known
    assert len(remembered) <= 1024
    assert max(map(len, remembered)) < 64


async def test_target_of_options() -> None:
    """What is a target for OPTIONS alone is none for another method, also after it."""
    async with serving() as served, await served.connect() as client:
        assert DONE == await client.ask(b"OPTIONS" + GET[3:].replace(b" / ", b" * "))
        await client.send(GET.replace(b" / ", b" * "))
        assert REFUSED == await client.rest()

    assert ["*"] == [scope["path"] for scope in served.scopes]


async def test_no_request_while_another_runs() -> None:
    """The response to the previous request is not affected."""
    proceed = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.wait()
        await answer(send, b"done")

    async with serving(handler) as served, await served.connect() as client:
        await client.send(GET, b"hello\r\n\r\n", GET)
        proceed.set()

        assert DONE + REFUSED == await client.rest()

    assert 1 == len(served.scopes)


LONG = b"x" * 5000
HUGE = b"x" * 70_000
TOO_LARGE = {
    "target": (414, (b"GET /" + HUGE[:16_384] + b" HTTP/1.1\r\nhost: f\r\n\r\n",)),
    "target in parts": (414, (b"GET /" + LONG, LONG, LONG, LONG)),
    "header": (431, (b"GET / HTTP/1.1\r\nhost: f\r\nx: " + HUGE + b"\r\n\r\n",)),
    "header in parts": (431, (b"GET / HTTP/1.1\r\nhost: f\r\nx: ", HUGE, b"\r\n\r\n")),
    "header without end": (431, (b"GET / HTTP/1.1\r\nhost: f\r\nx: ", *[HUGE] * 6)),
    "headers": (431, (b"GET / HTTP/1.1\r\nhost: f\r\n" + b"x: y\r\n" * 256 + b"\r\n",)),
    "headers in parts": (431, (b"GET / HTTP/1.1\r\nhost: f\r\n", *[b"x: y\r\n" * 50] * 6)),
    "large headers": (431, (b"GET / HTTP/1.1\r\nhost: f\r\n", *[b"x: " + LONG + b"\r\n"] * 15)),
    "version": (505, (b"GET / HTTP/2.0\r\nhost: f\r\n\r\n",)),
}


@pytest.mark.parametrize(("status", "parts"), TOO_LARGE.values(), ids=TOO_LARGE)
@pytest.mark.row("U21")
async def test_too_large(status: int, parts: tuple[bytes, ...]) -> None:
    """The size of a head is limited, if it comes at once, in parts, or after another request."""
    async with serving() as served:
        assert [status] == statuses(await served.exchange(*parts))
        assert [200, status] == statuses(await served.exchange(GET + parts[0], *parts[1:]))

    assert 1 == len(served.scopes)


@pytest.mark.row("U21")
async def test_large_enough() -> None:
    """A head within the limit is accepted, in one piece or in two."""
    headers = b"host: f\r\n" + b"".join(b"x: %b\r\n" % LONG for _ in range(12))
    request = b"GET /%b HTTP/1.1\r\n%b\r\n" % (b"p" * 4000, headers)
    async with serving() as served, await served.connect() as client:
        assert DONE == await client.ask(request)
        await client.send(POST + b"content-length: 60000\r\n\r\n" + b"x" * 60_000 + request[:9000])
        assert 2 * DONE == await client.ask(request[9000:], 2 * len(DONE))

    assert [13, 2, 13] == [len(scope["headers"]) for scope in served.scopes]


@pytest.mark.parametrize(
    "parts",
    [(b"1;" + HUGE, *[HUGE] * 6), (b"0\r\nx: ", *[HUGE] * 6), (b"0\r\n", *[b"x: y\r\n" * 99] * 3)],
    ids=["chunk extension", "trailer", "trailers"],
)
async def test_chunks_have_bounds(parts: tuple[bytes, ...]) -> None:
    """The framing between the parts of a body is limited, too."""
    async with serving(echo) as served:
        assert [431] == statuses(await served.exchange(CHUNKED + b"1\r\na\r\n", *parts))

    assert [AssertionError] == [type(found) for found in served.errors]


BROKEN = b"no chunk\r\n"


async def test_broken_body() -> None:
    """The application sees an incomplete body, and the client gets the error."""
    async with serving(echo) as served:
        assert REFUSED == await served.exchange(CHUNKED, BROKEN)
        assert REFUSED == await served.exchange(CHUNKED + BROKEN)
        await eventually(lambda: not served.state.tasks)

    assert [AssertionError] == [type(found) for found in served.errors]


async def test_broken_body_of_a_request_that_waits() -> None:
    """An invalid request that waits is rejected when it is its turn."""
    async with serving() as served:
        assert DONE + DONE + REFUSED == await served.exchange(GET + GET + CHUNKED + BROKEN)

    assert 2 == len(served.scopes)


async def test_broken_body_within_the_response() -> None:
    """If the response has started, it is cut off."""

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        await receive()

    async with serving(handler) as served:
        response = await served.exchange(CHUNKED, BROKEN)

    assert HEAD + b"transfer-encoding: chunked\r\n\r\n4\r\npart\r\n" == response


async def test_broken_body_after_the_response() -> None:
    """After the response, no error is sent."""
    async with serving() as served:
        assert DONE == await served.exchange(CHUNKED, BROKEN)


async def test_refusal_reaches_a_client_that_still_sends() -> None:
    """A client that is still sending can read the error. Then the connection ends."""
    async with serving() as served, await served.connect() as client:
        await client.send(b"hello\r\n\r\n", *[HUGE] * 20)
        assert REFUSED == await client.rest()
        served.pass_time(1)
        await client.send(HUGE)
        assert 1 == len(served.state.connections)
        served.pass_time(1)
        await eventually(lambda: not served.state.connections)


async def test_last_answer_reaches_a_client_that_still_sends() -> None:
    """The same is true for a response that does not wait for the request's body."""
    request = POST + b"content-length: 9000000\r\n" + CLOSE
    async with serving() as served, await served.connect() as client:
        await client.send(request + HUGE * 10, *[HUGE] * 20)
        assert DONE_AND_CLOSED == await client.rest()
        served.connection.drain()
        await eventually(lambda: not served.state.connections)


# Upgrades.

UPGRADE = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n"


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (b"", b""),
        (b"content-length: 4\r\n", b"body"),
        (b"transfer-encoding: chunked\r\n", b"4\r\nbody\r\n0\r\n\r\n"),
    ],
)
@pytest.mark.row("U19")
async def test_other_upgrade(head: bytes, content: bytes) -> None:
    """An offer of another protocol is ignored. The request keeps its body and headers."""
    text = b"body" if content else b""
    expected = HEAD + b"content-length: %d\r\n\r\n%b" % (len(text), text)
    async with serving(echo) as served, await served.connect() as client:
        request = b"POST /p?q HTTP/1.1\r\nhost: f\r\n" + UPGRADE + head + b"\r\n" + content
        assert expected == await client.ask(request, len(expected))
        assert 3 * expected == await client.ask(request * 3, 3 * len(expected))

    assert 4 == len(served.scopes)
    assert {(b"upgrade", b"h2c"), (b"connection", b"Upgrade, HTTP2-Settings")} <= set(
        served.scopes[0]["headers"]
    )
    assert (b"/p", b"q") == (served.scopes[3]["raw_path"], served.scopes[3]["query_string"])


WEBSOCKET = b"connection: upgrade\r\nupgrade: WebSocket\r\n\r\n"


class Recorder(asyncio.Protocol):
    """Takes the place of a WebSocket protocol."""

    def __init__(self) -> None:
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep what comes."""
        self.data += data


@pytest.mark.row("U19")
async def test_websocket() -> None:
    """A WebSocket's protocol gets the connection, its request, and what follows."""
    recorder = Recorder()
    requests = []

    def record(request: Scope) -> asyncio.Protocol:
        requests.append(request)
        return recorder

    async with serving() as served, await served.connect() as client:
        served.state.websocket = record
        assert DONE == await client.ask(GET)
        await client.send(
            b"GET /a%20?b HTTP/1.1\r\nHost: f\r\nX: ", b"y\r\n" + WEBSOCKET + b"1", b"2"
        )
        await eventually(lambda: recorder.data.endswith(b"2"))
        served.pass_time(2 * KEEP_ALIVE)
        recorder.transport.abort()

        assert set() == served.state.connections

    (request,) = requests
    headers = [(b"host", b"f"), (b"x", b"y"), (b"connection", b"upgrade")]
    assert "/a " == request["path"]
    assert b"b" == request["query_string"]
    assert [*headers, (b"upgrade", b"WebSocket")] == request["headers"]
    assert b"12" == recorder.data


@pytest.mark.parametrize("more", [b"", b"content-length: 0\r\n"], ids=["no length", "length 0"])
@pytest.mark.parametrize("size", [1, 20_000])
@pytest.mark.row("U19")
async def test_websocket_with_frames_at_once(
    more: bytes, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client may send frames with its request; content-length: 0 is no body."""
    recorder, sent = Recorder(), bytes(number % 250 for number in range(size))
    server = serving()
    monkeypatch.setattr(server, "websocket", lambda _: recorder)
    async with server as served, await served.connect() as client:
        await client.send(GET[:-2] + more + WEBSOCKET + sent)
        await eventually(lambda: len(recorder.data) == size)
        recorder.transport.abort()

    assert sent == recorder.data


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST / HTTP/1.1\r\nhost: f\r\n" + WEBSOCKET,
        b"GET / HTTP/1.0\r\nhost: f\r\n" + WEBSOCKET,
        b"GET / HTTP/1.1\r\nhost: f\r\nupgrade: h2c\r\n" + WEBSOCKET,
        GET + b"GET / HTTP/1.1\r\nhost: f\r\n" + WEBSOCKET,
    ],
    ids=["method", "version", "choice", "pipelined"],
)
@pytest.mark.row("U19")
async def test_no_websocket(request_bytes: bytes) -> None:
    """A request that cannot open a WebSocket is handled as a normal request."""
    async with serving() as served, await served.connect() as client:
        response = await client.ask(request_bytes)

    assert [200] == statuses(response)


# The time.


async def test_rejected_offer_behind_other_requests() -> None:
    """Requests before one that is rejected are all answered."""
    proceed = asyncio.Event()

    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        await proceed.wait()
        await answer(send, b"done")

    async with serving(handler) as served, await served.connect() as client:
        await client.send(GET + GET + b"CONNECT h:1 HTTP/1.1\r\nhost: h\r\n\r\n")
        proceed.set()

        assert [200, 200, 400] == statuses(await client.rest())


async def test_date() -> None:
    """A response has the date of the last tick."""
    async with serving() as served, await served.connect() as client:
        before = int(time.time())
        served.state.tick(0)
        await client.send(GET)
        head = await client.head()

    (date,) = re.findall(rb"\r\ndate: (.+)\r\n", head)
    assert before <= parsedate_to_datetime(date.decode()).timestamp() <= time.time()


async def test_tick() -> None:
    """Each connection checks its deadline, with any protocol."""
    times = []

    class Other(Recorder):
        def check_deadline(self) -> None:
            times.append(served.state.now)

    async with serving() as served:
        served.state.connections.add(Other())  # type: ignore[arg-type]
        served.state.tick(5)
        served.state.connections.clear()

    assert [5] == times
