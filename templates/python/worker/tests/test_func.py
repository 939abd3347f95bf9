import pytest
from cloudevents.core.v1.event import CloudEvent
from function import new


class Send:
    """The `send` that the function gets: send.http() takes plain HTTP messages."""

    def __init__(self):
        self.sent = []

    async def http(self, message):
        self.sent.append(message)


def order(data):
    return CloudEvent({"type": "com.example.order", "source": "/shop", "id": "1"}, data)


async def test_an_order_is_shipped_once():
    function, send, shipped = new(), Send(), []

    async def work(data):
        shipped.append(data)

    function.work = work
    for _ in range(2):
        await function.handle({"event": order({"item": "book"})}, None, send)

    assert shipped == [{"item": "book"}]
    assert send.sent == []


async def test_an_invalid_order_is_rejected():
    send = Send()
    await new().handle({"event": order({"count": 1})}, None, send)
    assert send.sent[0]["status"] == 400


async def test_a_failed_order_is_tried_again():
    function = new()

    async def work(data):
        raise ConnectionError("the warehouse does not answer")

    function.work = work
    with pytest.raises(ConnectionError):
        await function.handle({"event": order({"item": "book"})}, None, Send())
    assert function.done == set()
