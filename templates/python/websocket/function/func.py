"""A WebSocket: each client's messages go to all clients of this process."""

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
                await self.send_to_all(message.get("text") or "")
        finally:
            self.listeners.discard(send)

    async def send_to_all(self, text):
        message = {"type": "websocket.send", "text": text}
        # If one client has disconnected, the others must still get the message.
        sending = [listener(message) for listener in self.listeners]
        await asyncio.gather(*sending, return_exceptions=True)


async def refuse(send):
    headers = [(b"upgrade", b"websocket"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 426, "headers": headers})
    await send({"type": "http.response.body", "body": b"This is a WebSocket\n"})
