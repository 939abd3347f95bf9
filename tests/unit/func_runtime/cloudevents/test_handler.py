"""The handler around a function that takes events."""

import json
from collections.abc import Awaitable, Callable

import pytest

from func_runtime.asgi import Message, Receive, Scope
from func_runtime.cloudevents.event import Event
from func_runtime.cloudevents.handler import EventHandler, Replay, read_body
from func_runtime.cloudevents.http_binding import EventRejected

pytestmark = pytest.mark.anyio

HEADERS = [
    (b"ce-specversion", b"1.0"),
    (b"ce-id", b"1"),
    (b"ce-source", b"/s"),
    (b"ce-type", b"t"),
]
BATCH = (b"content-type", b"application/cloudevents-batch+json")
LIMIT = 1000
TOO_LARGE = b"The limit for an event is 1000 bytes"
DISCONNECT: Message = {"type": "http.disconnect"}


def receiving(*parts: bytes | None) -> Receive:
    """Return a receive that gives parts of a body. None stands for a disconnect."""
    messages = [
        DISCONNECT
        if part is None
        else {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    ]

    async def receive() -> Message:
        return messages.pop(0) if messages else DISCONNECT

    return receive


async def answer(
    handle: Callable[..., Awaitable[object]],
    headers: list[tuple[bytes, bytes]],
    receive: Receive | None = None,
    scope: Scope | None = None,
) -> list[Message]:
    """Call the handler and return what it sends."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    def make(event: Event) -> object:
        return event

    called: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "headers": headers,
        **(scope or {}),
    }
    handler = EventHandler(handle, make, LIMIT)
    await handler(called, receive or receiving(b""), send)
    return sent


async def unreachable(*_: object) -> None:
    """Fail a test: the function must not be called."""
    raise AssertionError


async def test_event_is_in_the_scope() -> None:
    """The function gets the event in its scope, and can read the body again."""
    seen = []

    async def handle(scope: Scope, receive: Receive, send: object) -> None:
        seen.append((scope["event"].data, scope["path"], await receive(), await receive()))

    sent = await answer(handle, HEADERS, receiving(b"a", b"b"))

    body = {"type": "http.request", "body": b"ab", "more_body": False}
    assert [(b"ab", "/", body, DISCONNECT)] == seen
    assert [] == sent


async def test_result_is_the_reply() -> None:
    """What the function returns is its reply, unless it has sent one."""

    async def returning(*_: object) -> object:
        return {"answer": 42}

    async def sending(scope: Scope, receive: Receive, send: Callable[..., Awaitable[None]]) -> str:
        await send("sent")
        return "returned"

    assert b'{"answer":42}' == (await answer(returning, HEADERS))[1]["body"]
    assert [b"sent"] == [
        message["body"] for message in await answer(sending, HEADERS) if "body" in message
    ]


@pytest.mark.parametrize(
    ("headers", "scope", "status", "reason"),
    [
        (
            [],
            {},
            415,
            (
                b"The request is not a CloudEvent: no ce- headers, and not "
                b"application/cloudevents+json"
            ),
        ),
        (HEADERS[1:], {}, 400, b"Malformed event: the attribute specversion is missing or empty"),
        ([(b"content-length", b"1001"), *HEADERS], {}, 413, TOO_LARGE),
        ([], {"path": "/dapr/config", "method": "GET"}, 404, b"Not Found"),
    ],
)
async def test_refused(
    headers: list[tuple[bytes, bytes]], scope: Scope, status: int, reason: bytes
) -> None:
    """A missing event, or one that is too long, is rejected with a reason before the call."""
    start, body = await answer(unreachable, headers, scope=scope)

    assert (status, reason) == (start["status"], body["body"])
    # The connection is closed only if there is more to read.
    assert (status == 413) == ((b"connection", b"close") in start["headers"])


async def test_refused_without_a_length() -> None:
    """A body without a length is rejected if it becomes too long."""
    start, body = await answer(unreachable, HEADERS, receiving(b"a" * 600, b"a" * 600))

    assert (413, TOO_LARGE) == (start["status"], body["body"])


async def test_body_without_members() -> None:
    """body and more_body may be missing, because ASGI has defaults for them."""

    async def receive() -> Message:
        return {"type": "http.request"}

    assert b"" == await read_body([], receive, 0)


STRUCTURED = (b"content-type", b"application/cloudevents+json")


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (
            [*HEADERS[:1], *HEADERS[2:]],
            b"",
            "the attribute id is missing or empty (source '/s', type 't')",
        ),
        (
            [*HEADERS, (b"ce-id", b"2")],
            b"",
            "there is more than one attribute 'id' (id '1', source '/s', type 't')",
        ),
        (
            [*HEADERS, (b"ce-subject", b"\xff")],
            b"",
            "the attribute 'subject' is not valid UTF-8 (id '1', source '/s', type 't')",
        ),
        (
            [*HEADERS, (b"ce-x\nERROR", b"1")],
            b"",
            (
                r"the attribute name 'x\nERROR' has other characters than a-z and 0-9 "
                r"(id '1', source '/s', type 't')"
            ),
        ),
        (
            [*HEADERS, (b"content-type", b"application/json")],
            b"{",
            "the content is not valid JSON (id '1', source '/s', type 't')",
        ),
        (
            [STRUCTURED],
            b'{"specversion": "1.0", "type": "t", "id": "a\\nb", "source": "%b"}' % (b"s" * 100),
            (
                r"the attribute id has characters that are not allowed "
                rf"(id 'a\nb', source '{'s' * 80}', type 't')"
            ),
        ),
        (
            [BATCH],
            b'[{"specversion": "1.0", "id": "1", "source": "s", "type": "t"}, {"id": "2"}]',
            "event 2 of the batch: the attribute specversion is missing or empty (id '2')",
        ),
        ([STRUCTURED], b"[]", "the event is not a JSON object"),
    ],
)
async def test_rejected_event_is_logged(
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    expected: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log names the event and its problem. The client's text never starts a line."""
    caplog.set_level("INFO")

    await answer(unreachable, headers, receiving(body), {"path": "/a\nb"})

    assert [rf"POST '/a\nb' rejected: Malformed event: {expected}"] == caplog.messages


async def test_event_on_the_path_of_dapr() -> None:
    """An event is accepted on any path."""
    called = []

    async def handle(*_: object) -> None:
        called.append(1)

    await answer(handle, HEADERS, scope={"path": "/dapr/mine"})

    assert [1] == called


async def test_client_goes_within_the_body() -> None:
    """An incomplete event is dropped."""
    assert [] == await answer(unreachable, HEADERS, receiving(b"a", None))


async def test_options() -> None:
    """OPTIONS names the methods. An origin that requests to send is allowed."""
    asked = [
        (b"webhook-request-origin", b"example.com"),
        (b"webhook-request-rate", b"9"),
        (b"a", b"b"),
    ]

    start, _ = await answer(unreachable, asked, scope={"method": "OPTIONS"})

    assert 200 == start["status"]
    assert {
        b"allow": b"POST, OPTIONS",
        b"webhook-allowed-origin": b"example.com",
        b"webhook-allowed-rate": b"*",
        b"content-length": b"0",
    } == dict(start["headers"])


async def test_options_without_a_rate() -> None:
    """A rate is only allowed if it was requested."""
    start, _ = await answer(unreachable, [(b"a", b"b")], scope={"method": "OPTIONS"})

    assert {b"allow": b"POST, OPTIONS", b"content-length": b"0"} == dict(start["headers"])


async def test_websocket() -> None:
    """A WebSocket is refused."""
    assert [{"type": "websocket.close"}] == await answer(
        unreachable, [], scope={"type": "websocket"}
    )


EVENTS = [{"specversion": "1.0", "id": id_, "source": "/s", "type": "t"} for id_ in ("a", "b", "c")]


async def reply_to_all_but_b(scope: Scope, *_: object) -> object:
    """Reply with an event."""
    event = scope["event"]
    return None if event.attributes["id"] == "b" else event_of(event)


def event_of(event: Event) -> dict[str, object]:
    """Return a reply to an event."""
    return {"source": "/r", "type": "r", "id": "re-" + str(event.attributes["id"])}


async def test_batch() -> None:
    """Replies to a batch come as a batch where the client accepts that."""
    headers = [BATCH, (b"accept", b"application/cloudevents-batch+json, */*")]
    body = json.dumps(EVENTS).encode()

    start, content = await answer(reply_to_all_but_b, headers, receiving(body))

    assert BATCH in start["headers"]
    assert ["re-a", "re-c"] == [reply["id"] for reply in json.loads(content["body"])]


async def test_body_of_a_batch() -> None:
    """The function can read the body of a batch again, once."""
    body, seen = json.dumps(EVENTS[:1]).encode(), []

    async def handle(scope: Scope, receive: Receive, send: object) -> None:
        seen.append((await receive())["body"])

    await answer(handle, [BATCH], receiving(body))

    assert [body] == seen


async def test_batch_without_replies() -> None:
    """A batch without replies sends nothing: the application responds."""
    assert [] == await answer(
        reply_to_all_but_b, [BATCH], receiving(json.dumps(EVENTS[1:2]).encode())
    )


async def test_batch_without_leave(caplog: pytest.LogCaptureFixture) -> None:
    """Replies to a batch are dropped if the sender does not accept them. This is logged."""
    body = json.dumps(EVENTS[:1]).encode()

    assert [] == await answer(reply_to_all_but_b, [BATCH, (b"accept", b"*/*")], receiving(body))
    assert ["1 replies dropped: the sender of the batch accepts none"] == caplog.messages


@pytest.mark.parametrize("parts", [[b"a" * 10], [b"a" * 5, b"a" * 5], [b"", b"a" * 10]])
async def test_read_body(parts: list[bytes]) -> None:
    """A body is read whole, up to the limit."""
    assert b"a" * 10 == await read_body([(b"content-length", b"10")], receiving(*parts), 10)
    with pytest.raises(EventRejected):
        await read_body([(b"content-length", b"odd")], receiving(*parts), 9)


async def test_replay() -> None:
    """The body comes again, and then the server's messages."""
    replay = Replay(b"body", receiving(None))

    assert b"body" == (await replay())["body"]
    assert DISCONNECT == await replay()
