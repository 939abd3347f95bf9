"""Two ways to test a function: call its handle, or send requests to it with an HTTP client."""

import httpx
import pytest
from cloudevents.core.bindings import http
from cloudevents.core.v1.event import CloudEvent
from function import new


def event(data=None, **attributes):
    return CloudEvent({"type": "com.example.test", "source": "test/unit"} | attributes, data)


async def replies_to(function, incoming):
    """Call handle as the runtime does and return what it sends."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(reply):
        sent.append(reply)

    await function.handle({"type": "http", "event": incoming}, receive, send)
    return sent


@pytest.mark.asyncio
async def test_an_event_is_answered_with_an_event():
    incoming = event({"message": "Hi"}, id="test-123", subject="greetings")
    (reply,) = await replies_to(new(), incoming)
    assert reply.get_data() == {"message": "Hi", "events": 1}
    assert reply.get_type() == "com.example.reply"
    assert reply.get_subject() == "greetings"
    assert reply.get_extension("causationid") == "test-123"


@pytest.mark.asyncio
@pytest.mark.parametrize("data", [None, "text", b"\x00", {"other": 1}])
async def test_an_event_without_a_message_is_answered_too(data):
    (reply,) = await replies_to(new(), event(data))
    assert reply.get_data()["message"] is None


@pytest.mark.asyncio
async def test_the_configuration_sets_the_source_and_type_of_replies():
    function = new()
    function.start({"K_SERVICE": "greeter", "REPLY_TYPE": "com.example.greeting"})
    (reply,) = await replies_to(function, event())
    assert reply.get_source() == "/functions/greeter"
    assert reply.get_type() == "com.example.greeting"
    function.stop()


@pytest.mark.asyncio
async def test_it_does_not_reply_to_its_own_reply():
    assert await replies_to(new(), event(type="com.example.reply")) == []


def test_it_is_alive_and_ready():
    function = new()
    assert function.alive()[0] is True
    assert function.ready()[0] is True


def as_asgi(function):
    """Return an ASGI app that decodes the event and encodes the reply, as the runtime does."""

    async def app(scope, receive, send):
        request = await receive()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        incoming = http.from_http_event(http.HTTPMessage(headers, request["body"]))

        async def send_event(reply):
            message = http.to_structured_event(reply)
            encoded = [(name.encode(), value.encode()) for name, value in message.headers.items()]
            await send({"type": "http.response.start", "status": 200, "headers": encoded})
            await send({"type": "http.response.body", "body": message.body})

        await function.handle({**scope, "event": incoming}, receive, send_event)

    return app


@pytest.mark.asyncio
async def test_an_http_client_sends_an_event_and_gets_one():
    transport = httpx.ASGITransport(app=as_asgi(new()))
    message = http.to_binary_event(
        event({"message": "test event"}, id="test-123", datacontenttype="application/json")
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://function") as client:
        response = await client.post("/", headers=message.headers, content=message.body)
    assert response.status_code == 200
    reply = http.from_structured_event(http.HTTPMessage(dict(response.headers), response.content))
    assert reply.get_extension("causationid") == "test-123"
    assert reply.get_data()["message"] == "test event"
