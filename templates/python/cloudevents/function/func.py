import logging

from cloudevents.core.v1.event import CloudEvent

log = logging.getLogger(__name__)


def new():
    """Return the function. Called once, when the process starts."""
    return Function()


class Function:
    def start(self, cfg):
        """Prepare for events. `cfg` is the environment, a dictionary."""
        self.source = f"/functions/{cfg.get('K_SERVICE', 'cloudevents')}"

    async def handle(self, scope, receive, send):
        """Get an event, scope["event"], and reply with one, or with none.

        If it raises, the sender gets 500. A Knative broker then sends the event again.
        """
        event = scope["event"]
        log.info("Event %s of type %s", event.get_id(), event.get_type())
        await send(
            CloudEvent(
                {
                    "type": "com.example.reply",
                    "source": self.source,
                    "datacontenttype": "application/json",
                },
                {"received": event.get_data()},
            )
        )
