"""A WebSocket: what one client says, all clients of this process hear."""

import asyncio


def new():
    return Function()


class Function:
    def __init__(self):
        self.listeners = set()

    async def handle(self, scope, receive, send):
        if scope["type"] != "websocket":
            await refuse(send)
            return
        await receive()  # websocket.connect
        await send({"type": "websocket.accept"})
        self.listeners.add(send)
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                await self.tell_all(message.get("text") or "")
        finally:
            self.listeners.discard(send)

    async def tell_all(self, text):
        message = {"type": "websocket.send", "text": text}
        # One that has gone must not keep the others from hearing it.
        sending = [listener(message) for listener in self.listeners]
        await asyncio.gather(*sending, return_exceptions=True)


async def refuse(send):
    headers = [(b"upgrade", b"websocket"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 426, "headers": headers})
    await send({"type": "http.response.body", "body": b"This is a WebSocket\n"})
