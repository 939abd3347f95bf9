"""The access log: which requests have a line, and what is in it."""

import logging
import re

import pytest

from func_runtime.app.access_log import AccessLog
from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.errors import RequestAborted

pytestmark = pytest.mark.anyio

PATH = "/a\nb"
END = {"type": "http.response.body", "body": b""}


def start(status: int) -> Message:
    """Return the start of an answer."""
    return {"type": "http.response.start", "status": status, "headers": []}


async def logged(
    caplog: pytest.LogCaptureFixture, scope: Scope, *messages: Message | BaseException
) -> list[str]:
    """Return the lines for a request that is answered so, with a number for its time."""
    caplog.set_level(logging.INFO)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            if isinstance(message, BaseException):
                raise message
            await send(message)

    async def receive() -> Message:
        raise AssertionError

    sent: list[object] = []

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        await AccessLog(app, {"/health/readiness": None})(scope, receive, send)
    except RequestAborted:
        sent.append(messages[-1])
    assert [*messages] == sent
    return [re.sub(r"\d+\.\d ms", "N ms", record.getMessage()) for record in caplog.records]


def request(path: str = PATH) -> Scope:
    """Return a request with what must not be in a log."""
    headers = [(b"authorization", b"hunter2")]
    query = b"password=hunter2"
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": headers,
    }


async def test_request(caplog: pytest.LogCaptureFixture) -> None:
    """A request has a line with method, path, status and time, and nothing else of it."""
    assert [r"GET '/a\nb' 201 N ms"] == await logged(caplog, request(), start(201), END)
    (record,) = caplog.records
    fields = vars(record)
    assert ("GET", PATH, 201) == (fields["method"], fields["path"], fields["status"])
    assert fields["ms"] > 0
    assert ("INFO", "func_runtime.access") == (record.levelname, record.name)
    assert "hunter2" not in str(fields)


async def test_request_that_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    """The line of an incomplete response shows that."""
    lines = await logged(caplog, request(), start(200), RequestAborted())

    assert [r"GET '/a\nb' 200 N ms, cut off"] == lines


async def test_request_whose_client_has_gone(caplog: pytest.LogCaptureFixture) -> None:
    """If the client disconnects, the line has no status, or shows an incomplete response."""
    assert [r"GET '/a\nb' 0 N ms, cut off"] == await logged(caplog, request())
    caplog.clear()
    part = {"type": "http.response.body", "body": b"part", "more_body": True}
    lines = await logged(caplog, request(), start(200), part)

    assert [r"GET '/a\nb' 200 N ms, cut off"] == lines


async def test_probe(caplog: pytest.LogCaptureFixture) -> None:
    """A health check has no line."""
    assert [] == await logged(caplog, request("/health/readiness"), start(200), END)


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([{"type": "websocket.accept"}, {"type": "websocket.close"}], 101),
        ([{"type": "websocket.close"}], 403),
        ([{"type": "websocket.http.response.start", "status": 401}], 401),
        ([], 0),
    ],
)
async def test_websocket(
    messages: list[Message], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A WebSocket has a line at its end, with how it began."""
    lines = await logged(caplog, {"type": "websocket", "path": PATH}, *messages)

    assert [rf"WebSocket '/a\nb' {status} N ms"] == lines
