from cloudevents.core.v1.event import CloudEvent
from function import new


async def test_an_event_is_answered_with_an_event():
    function = new()
    function.start({"K_SERVICE": "orders"})
    event = CloudEvent({"type": "com.example.order", "source": "/shop"}, {"item": "book"})
    sent = []

    async def send(reply):
        sent.append(reply)

    await function.handle({"event": event}, None, send)

    (reply,) = sent
    assert reply.get_type() == "com.example.reply"
    assert reply.get_source() == "/functions/orders"
    assert reply.get_data() == {"received": {"item": "book"}}
