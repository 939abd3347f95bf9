import asyncio

from function import new


class Client:
    """A client of the function: the messages that it sends and gets."""

    def __init__(self, function):
        self.incoming = asyncio.Queue()
        self.heard = asyncio.Queue()
        self.incoming.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(
            function.handle({"type": "websocket", "path": "/"}, self.incoming.get, self.heard.put)
        )

    def say(self, text):
        self.incoming.put_nowait({"type": "websocket.receive", "text": text})

    async def leave(self):
        self.incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


async def test_each_message_goes_to_every_client():
    function = new()
    first, second = Client(function), Client(function)
    for client in (first, second):
        assert (await client.heard.get())["type"] == "websocket.accept"

    first.say("Hello")

    for client in (first, second):
        assert await client.heard.get() == {"type": "websocket.send", "text": "Hello"}
    await first.leave()
    await second.leave()
    assert function.listeners == set()


async def test_plain_http_is_refused():
    sent = []

    async def send(message):
        sent.append(message)

    await new().handle({"type": "http", "path": "/"}, None, send)
    assert sent[0]["status"] == 426
