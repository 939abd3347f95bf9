"""The limits of a request: the size of its body, and its time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from func_runtime.app.app import App
from func_runtime.app.request_limits import BodyLimit, TimeLimit
from func_runtime.asgi import Handler, Message, Receive, Scope, Send
from func_runtime.errors import BodyTooLong, RequestAborted
from func_runtime.function import adapter
from func_runtime.function.adapter import Function
from func_runtime.function.lifespan import Lifespan
from func_runtime.function.threads import Threads

pytestmark = pytest.mark.anyio

LIMIT = 10
START = {"type": "http.response.start", "status": 200, "headers": []}
PART = {"type": "http.response.body", "body": b"part", "more_body": True}
END = {"type": "http.response.body", "body": b"end"}
TOO_LARGE = [
    {
        "type": "http.response.start",
        "status": 413,
        "headers": [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"connection", b"close"),
            (b"content-length", b"32"),
        ],
    },
    {"type": "http.response.body", "body": b"The limit for a body is 10 bytes"},
]


def request(length: int | None = None) -> Scope:
    """Return the scope of a request; without a length its body is chunked."""
    headers = [] if length is None else [(b"content-length", b"%d" % length)]
    return {"type": "http", "path": "/a\nb", "method": "POST", "headers": headers}


async def answer(handler: Handler, scope: Scope, *parts: bytes) -> list[Message]:
    """Call the application of a handler and return what it sends."""
    lifespan = Lifespan(Function(handler), dict)
    await lifespan.start()
    sent: list[Message] = []
    left = list(parts)

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await App(handler, lifespan, {})(scope, receive, send)
    return sent


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what was received."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    await send(START)
    await send({**END, "body": body})


@pytest.mark.parametrize("length", [None, 10])
async def test_body_within_the_limit(length: int | None) -> None:
    """A body that is as long as the limit reaches the function."""
    sent = await answer(BodyLimit(echo, LIMIT), request(length), b"01234", b"56789")

    assert [START, {**END, "body": b"0123456789"}] == sent


@pytest.mark.parametrize(
    ("length", "parts"), [(11, ()), (None, (b"01234", b"567890")), (None, (b"0" * 11, b"1"))]
)
async def test_body_beyond_the_limit(
    length: int | None, parts: tuple[bytes, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """A longer one is 413, by its declared length or by what arrives, and logged once."""
    caplog.set_level("INFO")

    assert TOO_LARGE == await answer(BodyLimit(echo, LIMIT), request(length), *parts)
    (record,) = caplog.records
    assert r"POST '/a\nb' rejected: the body is larger than 10 bytes" == record.getMessage()
    assert "INFO" == record.levelname


async def test_function_that_is_not_called() -> None:
    """A request with a content-length above the limit never reaches the function."""
    called = []

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        called.append(scope)

    assert TOO_LARGE == await answer(BodyLimit(handle, LIMIT), request(11))
    assert [] == called


async def test_length_that_is_no_number() -> None:
    """An invalid content-length is left to the server. The received bytes count."""
    scope = {**request(), "headers": [(b"content-length", b"-1")]}

    assert [START, {**END, "body": b"1"}] == await answer(BodyLimit(echo, LIMIT), scope, b"1")


async def test_framework_that_catches_everything(caplog: pytest.LogCaptureFixture) -> None:
    """The response is 413, even if a framework handles the exception of receive()."""
    caplog.set_level("INFO")
    seen = []

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in range(2):
            try:
                await receive()
            except BodyTooLong as error:
                seen.append(error)
        await send({**START, "status": 400})
        await send(END)

    assert TOO_LARGE == await answer(BodyLimit(handle, LIMIT), request(), b"0" * 11, b"1")
    assert 2 == len(seen)
    assert 1 == len(caplog.records)


async def test_body_beyond_the_limit_after_the_first_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If the answer has begun by then, it is cut off, and that is logged once."""
    caplog.set_level("INFO")

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await receive()

    with pytest.raises(RequestAborted):
        await answer(BodyLimit(handle, LIMIT), request(), b"0" * 11)
    assert 1 == len(caplog.records)


async def test_answer_that_does_not_need_the_body() -> None:
    """A function may catch it and complete its response."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        with pytest.raises(BodyTooLong):
            await receive()
        await send(END)

    assert [START, END] == await answer(BodyLimit(handle, LIMIT), request(), b"0" * 11)


async def test_body_limit_of_a_sync_handler() -> None:
    """A handle that is not async gets the exception in its thread."""

    class Sync:
        def handle(self, scope: Scope, receive: Any, send: Any) -> None:
            receive()
            raise AssertionError

    adapted = adapter.adapt(Sync(), "here", Threads("t", 1), Threads("h", 1))

    assert TOO_LARGE == await answer(BodyLimit(adapted.handle, LIMIT), request(), b"0" * 11)


@pytest.mark.parametrize("limited", [lambda it: BodyLimit(it, 1), lambda it: TimeLimit(it, 0.001)])
async def test_websocket(limited: Callable[[Handler], Handler]) -> None:
    """A WebSocket has neither limit."""
    accept, close = {"type": "websocket.accept"}, {"type": "websocket.close"}

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await send(accept)
        await asyncio.sleep(0.01)
        await send(close)

    assert [accept, close] == await answer(limited(handle), {"type": "websocket", "path": "/"})


async def test_time_within_the_limit() -> None:
    """A request that ends in time is answered as it is."""
    assert [START, {**END, "body": b"1"}] == await answer(TimeLimit(echo, 9.0), request(), b"1")


async def test_time_beyond_the_limit(caplog: pytest.LogCaptureFixture) -> None:
    """A handler that takes longer is cancelled. The client gets 504, and the log has one line."""
    seen = []

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError as error:
            seen.append(error)
            raise

    start, body = await answer(TimeLimit(handle, 0.01), request())

    assert (504, b"Gateway Timeout") == (start["status"], body["body"])
    assert 1 == len(seen)
    (record,) = caplog.records
    assert r"POST '/a\nb' took longer than 0.01 s and was cut off" == record.getMessage()
    assert not record.exc_info


async def test_time_beyond_the_limit_after_the_first_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """If the answer has begun by then, it is cut off."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await send(START)
        await send(PART)
        await asyncio.sleep(9)

    with pytest.raises(RequestAborted):
        await answer(TimeLimit(handle, 0.01), request())
    assert 1 == len(caplog.records)


async def test_time_out_of_the_functions_own(caplog: pytest.LogCaptureFixture) -> None:
    """A TimeoutError of the function is handled like other exceptions."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError("mine")

    assert 500 == (await answer(TimeLimit(handle, 9.0), request()))[0]["status"]
    assert "TimeoutError: mine" in caplog.text


@asynccontextmanager
async def blocked() -> AsyncIterator[tuple[Handler, list[object]]]:
    """Yield a handler that blocks its thread until the end, and the result of its response."""
    released, ended = threading.Event(), threading.Event()
    came: list[object] = []

    class Sync:
        def handle(self, scope: Scope, receive: Any, send: Any) -> None:
            released.wait(9)
            came.append(send(START))
            ended.set()

    yield adapter.adapt(Sync(), "here", Threads("t", 1), Threads("h", 1)).handle, came
    released.set()
    await asyncio.to_thread(ended.wait, 9)


async def test_time_limit_of_a_sync_handler() -> None:
    """If handle is not async, the client gets 504 in time, but its thread cannot be stopped."""
    async with blocked() as (handle, came):
        start, _ = await answer(TimeLimit(handle, 0.01), request())
        before = came[:]

    assert 504 == start["status"]
    assert [] == before
    assert 1 == len(came)
