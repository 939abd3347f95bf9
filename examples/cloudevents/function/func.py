"""A CloudEvents function: it takes an event and replies with an event.

`invoke: cloudevent` in func.yaml makes it one: what comes in is decoded, what is sent is encoded.
`new` is the only name that has to be there. Of the methods of what it returns, `handle` takes
events; `start`, `stop`, `alive` and `ready` may be left out, and each may also be `async`.
"""

import logging

from cloudevents.core.v1.event import CloudEvent

log = logging.getLogger(__name__)


def new():
    """Return a function. It is called once, before the process listens for events."""
    return Function()


class Function:
    def __init__(self):
        """Set what holds before start(); unit tests may well call handle() without it."""
        self.source = "/functions/cloudevents"
        self.reply_type = "com.example.reply"
        self.events = 0

    def start(self, cfg):
        """Prepare for events: read the configuration, open connections, load models.

        `cfg` is the environment, as a dictionary; Knative puts the service's name into it. If this
        raises, the process ends with the traceback as the last lines of its log.
        """
        self.source = f"/functions/{cfg.get('K_SERVICE', 'cloudevents')}"
        self.reply_type = cfg.get("REPLY_TYPE", self.reply_type)
        log.info("Function started, replying with %s", self.reply_type)

    def stop(self):
        """Clean up: flush buffers, close connections. No event is being handled any more."""
        log.info("Function stopped, events handled: %d", self.events)

    def alive(self):
        """Answer /health/liveness. A function that says no is started again."""
        return True, "Alive"

    def ready(self):
        """Answer /health/readiness. A function that says no gets no events."""
        return True, "Ready"

    async def handle(self, scope, receive, send):
        """Take an event; `send` a reply, or none.

        `send(event)` writes the reply as one JSON document, `send.binary(event)` writes its
        attributes as headers and only its data as the body. `return event` replies as well.
        """
        event = scope["event"]
        self.events += 1
        log.info(
            "Event %s of type %s from %s", event.get_id(), event.get_type(), event.get_source()
        )
        if event.get_type() == self.reply_type:
            return  # A broker may send our replies to us: answering them would never end
        await send(self.reply_to(event))

    def reply_to(self, event):
        attributes = {
            "type": self.reply_type,
            "source": self.source,
            "datacontenttype": "application/json",
            # Which event this is the answer to (the "Correlation" extension of CloudEvents)
            "causationid": event.get_id(),
        }
        if event.get_subject():
            attributes["subject"] = event.get_subject()
        return CloudEvent(attributes, {"message": message_of(event), "events": self.events})


def message_of(event):
    """Return the `message` of an event with a JSON object, None of any other."""
    data = event.get_data()
    return data.get("message") if isinstance(data, dict) else None
