"""Server-sent events: a response that does not end until the client disconnects."""

import asyncio
import json
import time


def new():
    return Function()


class Function:
    def start(self, cfg):
        self.seconds = float(cfg.get("TICK_SECONDS", "1"))

    async def handle(self, scope, receive, send):
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream"),
                    (b"cache-control", b"no-cache"),
                ],
            }
        )
        number = 0
        while True:
            number += 1
            # When the client disconnects, send() raises an OSError, which ends this handler.
            await send(
                {
                    "type": "http.response.body",
                    "body": event({"tick": number, "time": time.time()}),
                    "more_body": True,
                }
            )
            await asyncio.sleep(self.seconds)


def event(data):
    """Return a server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    return b"data: " + json.dumps(data).encode() + b"\n\n"
