"""A worker: a broker or a schedule sends it an event.

Its response decides what the broker does next
(https://knative.dev/docs/eventing/event-delivery/):

    returns             202: the event is done
    raises              500: the broker sends the event again later, up to its limit
    raises Rejected     400: the broker gives up at once, and sends the event to the dead letters
"""

import json
import logging

log = logging.getLogger(__name__)


class Rejected(Exception):
    """The event is invalid: sending it again would not help."""


def new():
    return Function()


class Function:
    def __init__(self):
        # An event can come twice: brokers deliver at least once. A database would remember events
        # after a restart, and for all processes.
        self.done = set()

    async def handle(self, scope, receive, send):
        event = scope["event"]
        key = event.get_source(), event.get_id()
        if key in self.done:
            log.info("Event %s is done already", event.get_id())
            return
        try:
            await self.work(event.get_data())
        except Rejected as error:
            log.warning("Event %s is rejected: %s", event.get_id(), error)
            await refuse(send, str(error))
            return
        self.done.add(key)

    async def work(self, order):
        """Do the work. After any exception but Rejected, the broker sends the event again."""
        if not isinstance(order, dict) or "item" not in order:
            raise Rejected("an order needs an item")
        log.info("Shipping %s", order["item"])


async def refuse(send, reason):
    headers = [(b"content-type", b"application/json")]
    await send.http({"type": "http.response.start", "status": 400, "headers": headers})
    await send.http({"type": "http.response.body", "body": json.dumps({"error": reason}).encode()})
