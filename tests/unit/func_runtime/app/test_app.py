"""The application around a function, called as a server calls it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from func_runtime.app import app
from func_runtime.app.app import App
from func_runtime.asgi import Handler, Message, Receive, Scope, Send
from func_runtime.errors import ClientDisconnected, RequestAborted, ResponseUnfinished
from func_runtime.function.adapter import Function
from func_runtime.function.health import Health
from func_runtime.function.lifespan import Lifespan

pytestmark = pytest.mark.anyio

START = {"type": "http.response.start", "status": 200, "headers": []}
PART = {"type": "http.response.body", "body": b"part", "more_body": True}
END = {"type": "http.response.body", "body": b"end"}
ACCEPT = {"type": "websocket.accept"}
CLOSE = {"type": "websocket.close"}

Story = Callable[[Send], Any]


def request(path: str = "/", method: str = "GET") -> Scope:
    """Return the scope of a request."""
    return {"type": "http", "path": path, "method": method, "headers": []}


async def serve(handler: Handler, *, started: bool = True) -> tuple[App, Lifespan]:
    """Return the application of a handler."""
    function = Function(handler)
    lifespan = Lifespan(function, dict)
    if started:
        await lifespan.start()
    probes = app.probes(Health(function, lifespan), ["/health/liveness"], ["/health/readiness"])
    return App(handler, lifespan, probes), lifespan


async def never() -> Message:
    """Wait for a message that does not come."""
    await asyncio.Event().wait()
    raise AssertionError


async def answer(application: App, scope: Scope) -> list[Message]:
    """Call the application and return what it sends."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await application(scope, never, send)
    return sent


def sending(*messages: Message | BaseException) -> Handler:
    """Return a handler that sends messages, and raises at an exception."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            if isinstance(message, BaseException):
                raise message
            await send(message)

    return handle


async def test_answer_is_passed_on() -> None:
    """The function's messages reach the server unchanged."""
    application, _ = await serve(sending(START, PART, END))

    assert [START, PART, END] == await answer(application, request())


async def test_no_answer() -> None:
    """If a function sends nothing, the client gets 204."""
    application, _ = await serve(sending())

    assert 204 == (await answer(application, request()))[0]["status"]


@pytest.mark.parametrize(
    "error",
    [ValueError("x"), SystemExit("x"), KeyboardInterrupt("x"), asyncio.CancelledError("x")],
    ids=lambda error: type(error).__name__,
)
async def test_exception(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """An exception before the first message is a generic 500, and logged once."""
    application, _ = await serve(sending(error))

    start, body = await answer(application, request("/a\nb"))

    assert (500, b"Internal Server Error") == (start["status"], body["body"])
    (record,) = caplog.records
    assert r"GET '/a\nb' raised an exception" == record.getMessage()


async def test_exception_after_the_first_message(caplog: pytest.LogCaptureFixture) -> None:
    """An exception after it aborts the request, and is logged once."""
    application, _ = await serve(sending(START, ValueError("secret")))

    with pytest.raises(RequestAborted):
        await answer(application, request())

    assert 1 == len(caplog.records)


async def test_exception_after_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    """An exception after a complete answer is logged, and the client keeps its answer."""
    application, _ = await serve(sending(START, END, ValueError("secret")))

    assert [START, END] == await answer(application, request())
    assert 1 == len(caplog.records)


async def test_answer_that_cannot_be_sent(caplog: pytest.LogCaptureFixture) -> None:
    """If the server rejects the first message, the response has not started: a generic 500."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        if message.get("status") == 99:
            raise ValueError("no status of a response")
        sent.append(message)

    application, _ = await serve(sending({**START, "status": 99}))
    await application(request(), never, send)

    assert 500 == sent[0]["status"]
    assert "no status of a response" in caplog.text


async def test_unfinished_answer(caplog: pytest.LogCaptureFixture) -> None:
    """An incomplete response is aborted. The server decides whether to log it."""
    application, _ = await serve(sending(START, PART))

    with pytest.raises(ResponseUnfinished) as caught:
        await answer(application, request("/a\nb"))

    assert r"GET '/a\nb' returned before its response was complete" == str(caught.value)
    assert [] == caplog.records


class ClientDisconnect(Exception):
    """Starlette's exception."""


def wrapping(how: str) -> Handler:
    """Return a handler that raises its own exception for a disconnected client."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(START)
            await send(PART)
        except ClientDisconnected as error:
            match how:
                case "cause":
                    raise RuntimeError("no more") from error
                case "framework":
                    raise ClientDisconnect  # noqa: B904
                case "group":
                    raise BaseExceptionGroup("tasks", [error, ExceptionGroup("", [error])])  # noqa: B904
                case "bug":
                    raise ValueError("a bug")  # noqa: B904 -- in the wake of the other
                case "mixed":
                    raise ExceptionGroup("tasks", [error, ValueError("a bug")])  # noqa: B904
                case _:
                    raise

    return handle


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize(
    ("how", "logged"),
    [
        ("plain", []),
        ("cause", []),
        ("framework", []),
        ("group", []),
        ("bug", ["GET '/' raised an exception"]),
        ("mixed", ["GET '/' raised an exception"]),
    ],
)
async def test_client_has_gone(
    how: str, logged: list[str], after: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that ends because its client disconnected is not an error, unless more failed."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        if len(sent) == after:
            raise ClientDisconnected
        sent.append(message)

    application, _ = await serve(wrapping(how))
    with suppress(ClientDisconnected, RequestAborted):
        await application(request(), never, send)

    assert logged == [record.getMessage() for record in caplog.records]
    assert [START][:after] == sent


async def test_client_has_gone_before_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """A handler that sends nothing because its client disconnected is not an error either."""

    async def gone(message: Message) -> None:
        raise ClientDisconnected

    application, _ = await serve(sending())
    await application(request(), never, gone)

    assert [] == caplog.records


async def test_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    """A request that is cut off is answered 503."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()

    application, _ = await serve(handle)
    task = asyncio.create_task(answer(application, request()))
    await asyncio.sleep(0)
    task.cancel()

    assert 503 == (await task)[0]["status"]
    assert "GET '/' was cut off" in caplog.text


@pytest.mark.row("D9")
async def test_requests_wait_for_the_start() -> None:
    """Requests wait until the function has started; probes do not."""
    application, lifespan = await serve(sending(START, END), started=False)
    waiting = asyncio.create_task(answer(application, request()))
    assert 200 == (await answer(application, request("/health/liveness/")))[0]["status"]
    assert 503 == (await answer(application, request("/health/readiness")))[0]["status"]
    assert not waiting.done()

    await lifespan.start()

    assert [START, END] == await waiting


async def test_start_that_never_comes() -> None:
    """Requests that wait for a start that fails are rejected."""
    application, lifespan = await serve(sending(START, END), started=False)
    waiting = [
        asyncio.create_task(answer(application, scope))
        for scope in (request(), {"type": "websocket", "path": "/"})
    ]
    await asyncio.sleep(0)
    lifespan.stopping()

    http, websocket = await asyncio.gather(*waiting)
    assert 503 == http[0]["status"]
    assert [CLOSE] == websocket


async def test_requests_while_stopping() -> None:
    """A function that has started answers requests until the end."""
    application, lifespan = await serve(sending(START, END))
    lifespan.stopping()

    assert [START, END] == await answer(application, request())


@pytest.mark.parametrize(
    ("method", "status", "body"), [("GET", 200, b"OK"), ("HEAD", 200, b""), ("PUT", 405, None)]
)
async def test_probe_methods(method: str, status: int, body: bytes | None) -> None:
    """Probes are GET or HEAD."""
    application, _ = await serve(sending())

    start, content = await answer(application, request("/health/readiness", method))

    assert status == start["status"]
    assert body in (content["body"], None)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([ACCEPT, CLOSE], [ACCEPT, CLOSE]),
        ([ACCEPT], [ACCEPT, {**CLOSE, "code": 1011}]),
        ([], [{**CLOSE, "code": 1011}]),
        ([ACCEPT, ValueError("secret")], [ACCEPT, {**CLOSE, "code": 1011}]),
        ([ACCEPT, asyncio.CancelledError()], [ACCEPT, {**CLOSE, "code": 1011}]),
    ],
    ids=["closed", "left open", "never accepted", "raised", "cut off"],
)
async def test_websocket(messages: list[Message], expected: list[Message]) -> None:
    """If the function leaves a WebSocket open, it is closed."""
    application, _ = await serve(sending(*messages))

    assert expected == await answer(application, {"type": "websocket", "path": "/"})


@pytest.mark.parametrize("caught", [False, True])
async def test_websocket_client_has_gone(caught: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Sending to a disconnected client raises the exception of ASGI, which is not logged."""
    seen = []

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(ACCEPT)
        except ClientDisconnected as error:
            seen.append(error)
            if not caught:
                raise

    async def gone(message: Message) -> None:
        raise BrokenPipeError

    application, _ = await serve(handle)
    await application({"type": "websocket", "path": "/"}, never, gone)

    assert 1 == len(seen)
    assert "" == caplog.text


async def test_websocket_closed_twice() -> None:
    """If the server reports that the WebSocket is closed, it is not closed again."""

    async def closed(message: Message) -> None:
        raise RuntimeError

    application, _ = await serve(sending())

    await application({"type": "websocket", "path": "/"}, never, closed)
