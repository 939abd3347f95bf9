"""A function like real ones: all hooks, a JSON document of 1 kB in, one of 2 kB out."""

import json


def new():
    return Function()


class Function:
    currency = "EUR"  # bare peers do not call start

    def start(self, cfg):
        self.currency = cfg.get("CURRENCY", self.currency)

    def stop(self):
        pass

    def alive(self):
        return True, "Alive"

    def ready(self):
        return True, "Ready"

    async def handle(self, scope, receive, send):
        order = json.loads(await read(receive))
        lines = [
            {
                **item,
                "total": item["price"] * item["count"],
                "currency": self.currency,
                "in_stock": True,
                "delivery_days": 2,
            }
            for item in order["items"]
        ]
        reply = {"order": order["id"], "customer": order["customer"], "lines": lines}
        body = json.dumps(reply).encode()
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


async def read(receive):
    """Return the whole body."""
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
