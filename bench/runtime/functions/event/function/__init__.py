"""The function for peers that serve CloudEvents: all hooks, an event in, an event out."""

from cloudevents.core.v1.event import CloudEvent


def new():
    return Function()


class Function:
    def start(self, cfg):
        self.source = cfg.get("SOURCE", "/bench")

    def stop(self):
        pass

    def alive(self):
        return True, "Alive"

    def ready(self):
        return True, "Ready"

    async def handle(self, scope, receive, send):
        event = scope["event"]
        attributes = {
            "type": "com.example.reply",
            "source": self.source,
            "datacontenttype": "application/json",
            "causationid": event.get_id(),
        }
        await send(CloudEvent(attributes, {"message": event.get_data()["message"]}))
