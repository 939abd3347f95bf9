"""The function that all peers serve: all hooks, and a small JSON answer."""

import json


def new():
    return Function()


class Function:
    def start(self, cfg):
        self.greeting = cfg.get("GREETING", "Hello, World!")

    def stop(self):
        pass

    def alive(self):
        return True, "Alive"

    def ready(self):
        return True, "Ready"

    async def handle(self, scope, receive, send):
        body = json.dumps({"message": "Hello, World!", "path": scope["path"]}).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"application/json"),
                    (b"content-length", str(len(body)).encode()),
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})
