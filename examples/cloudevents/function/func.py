"""A CloudEvents function: it takes an event and replies with an event.

Because of `invoke: cloudevent` in func.yaml, the runtime decodes the events that it gets, and encodes
the replies. Only `new` is required. It returns an object whose `handle` gets the events. The methods
`start`, `stop`, `alive` and `ready` are optional. Each method may also be `async`.
"""

import logging

from cloudevents.core.v1.event import CloudEvent

log = logging.getLogger(__name__)


def new():
    """Return a function. It is called once, before the process listens for events."""
    return Function()


class Function:
    def __init__(self):
        """Set the defaults. Unit tests may call handle() without start()."""
        self.source = "/functions/cloudevents"
        self.reply_type = "com.example.reply"
        self.events = 0

    def start(self, cfg):
        """Prepare for events: read the configuration, open connections, load models.

        `cfg` is the environment, as a dictionary. Knative sets the service's name in it. If this
        raises, the process exits, and its log ends with the traceback.
        """
        self.source = f"/functions/{cfg.get('K_SERVICE', 'cloudevents')}"
        self.reply_type = cfg.get("REPLY_TYPE", self.reply_type)
        log.info("Function started, replying with %s", self.reply_type)

    def stop(self):
        """Clean up: flush buffers, close connections. All events have been handled."""
        log.info("Function stopped, events handled: %d", self.events)

    def alive(self):
        """Answer /health/liveness. After False several times, the platform restarts the function."""
        return True, "Alive"

    def ready(self):
        """Answer /health/readiness. While it returns False, the function gets no events."""
        return True, "Ready"

    async def handle(self, scope, receive, send):
        """Get an event, and `send` a reply if there is one.

        `send(event)` writes the reply as one JSON document, `send.binary(event)` writes its
        attributes as headers and only its data as the body. `return event` replies as well.
        """
        event = scope["event"]
        self.events += 1
        log.info(
            "Event %s of type %s from %s", event.get_id(), event.get_type(), event.get_source()
        )
        if event.get_type() == self.reply_type:
            return  # A broker may send us our own reply. Replying to it would never end
        await send(self.reply_to(event))

    def reply_to(self, event):
        attributes = {
            "type": self.reply_type,
            "source": self.source,
            "datacontenttype": "application/json",
            # The event that this replies to (the "Correlation" extension of CloudEvents)
            "causationid": event.get_id(),
        }
        if event.get_subject():
            attributes["subject"] = event.get_subject()
        return CloudEvent(attributes, {"message": message_of(event), "events": self.events})


def message_of(event):
    """Return the `message` of an event whose data is a JSON object, else None."""
    data = event.get_data()
    return data.get("message") if isinstance(data, dict) else None
