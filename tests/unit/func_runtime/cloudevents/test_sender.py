"""send, as an events function has it."""

import json

import pytest
from cloudevents.core.v1.event import CloudEvent

from func_runtime.asgi import Message
from func_runtime.cloudevents.event import EventInvalid
from func_runtime.cloudevents.sender import BatchSender, RepliedTwice, Sender

pytestmark = pytest.mark.anyio

STRUCTURED = b"application/cloudevents+json"


class Wire:
    """The messages that a server gets."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        """Keep a message."""
        self.messages.append(message)

    @property
    def headers(self) -> dict[bytes, bytes]:
        """The headers of the answer."""
        return dict(self.messages[0]["headers"])


@pytest.fixture
def wire() -> Wire:
    """Return a server's end."""
    return Wire()


def reply() -> CloudEvent:
    """Return an event."""
    return CloudEvent({"id": "1", "source": "/s", "type": "t"}, {"a": 1})


async def test_event(wire: Wire) -> None:
    """An event is sent as one document, with its length and a status of choice."""
    await Sender(wire.send)(reply(), 201)

    start, body = wire.messages
    assert (201, STRUCTURED) == (start["status"], wire.headers[b"content-type"])
    assert str(len(body["body"])).encode() == wire.headers[b"content-length"]
    assert {"a": 1} == json.loads(body["body"])["data"]


async def test_binary(wire: Wire) -> None:
    """send.binary() sends attributes as headers."""
    await Sender(wire.send).binary(reply(), status=201)

    assert (201, b"t") == (wire.messages[0]["status"], wire.headers[b"ce-type"])
    assert b'{"a":1}' == wire.messages[1]["body"]


async def test_structured(wire: Wire) -> None:
    """send.structured() sends one document, of mappings as well."""
    await Sender(wire.send).structured({"source": "/s", "type": "t"}, status=201)

    assert (201, STRUCTURED) == (wire.messages[0]["status"], wire.headers[b"content-type"])


@pytest.mark.parametrize(
    ("data", "content_type", "body"),
    [
        ({"a": 1}, b"application/json", b'{"a":1}'),
        ("text", b"text/plain; charset=utf-8", b"text"),
        (b"raw", b"application/octet-stream", b"raw"),
        (bytearray(b"raw"), b"application/octet-stream", b"raw"),
        (None, None, b""),
    ],
)
async def test_other_data(
    wire: Wire, data: object, content_type: bytes | None, body: bytes
) -> None:
    """Other data is sent with its own type."""
    await Sender(wire.send)(data)

    assert content_type == wire.headers.get(b"content-type")
    assert body == wire.messages[1]["body"]


async def test_asgi(wire: Wire) -> None:
    """ASGI messages are passed on, with send() and with send.http()."""
    messages: list[Message] = [
        {"type": "http.response.start", "status": 418, "headers": []},
        {"type": "http.response.body", "body": b"a", "more_body": True},
        {"type": "http.response.body", "body": b"b"},
    ]
    sender = Sender(wire.send)
    await sender.http(messages[0])
    await sender(messages[1])
    await sender(messages[2])

    assert messages == wire.messages
    assert sender.replied


async def test_event_of_an_asgi_like_type(wire: Wire) -> None:
    """An event whose type looks like ASGI's is an event, by its source."""
    await Sender(wire.send)({"type": "http.response.start", "source": "/s"})

    assert STRUCTURED == wire.headers[b"content-type"]


@pytest.mark.row("C8")
async def test_second_reply(wire: Wire) -> None:
    """A second reply is an error of the function, and not sent."""
    sender = Sender(wire.send)
    await sender(reply())

    with pytest.raises(RepliedTwice) as caught:
        await sender.binary(reply())
    assert "send was called for a second reply to the same request" == str(caught.value)
    assert 2 == len(wire.messages)


@pytest.mark.parametrize("method", ["structured", "binary"])
async def test_no_event(wire: Wire, method: str) -> None:
    """send.structured() and send.binary() take events alone."""
    with pytest.raises(EventInvalid):
        await getattr(Sender(wire.send), method)({"a": 1})


async def test_batch() -> None:
    """In a batch replies are collected, one for each event."""
    sender = BatchSender()
    await sender.binary(reply())

    assert ["1"] == [event.attributes["id"] for event in sender.replies]
    with pytest.raises(RepliedTwice) as caught:
        await sender(reply())
    assert "send was called for a second reply to the same event" == str(caught.value)
    with pytest.raises(EventInvalid):
        await BatchSender()({"a": 1})
