import json
import logging

log = logging.getLogger(__name__)


def new():
    """Return the function. Called once, when the process starts."""
    return Function()


class Function:
    def start(self, cfg):
        """Prepare for requests. `cfg` is the environment, a dictionary.

        Until this returns, the platform sends no requests. If it raises, the process ends.
        """
        self.greeting = cfg.get("GREETING", "Hello")
        log.info("The function has started")

    async def handle(self, scope, receive, send):
        """Answer a request. Health checks do not come here.

        The three arguments are those of ASGI: https://asgi.readthedocs.io
        """
        body = await read(receive)
        answer = {"message": self.greeting, "path": scope["path"], "bytes": len(body)}
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def stop(self):
        """Clean up. Called once, after the last request."""
        log.info("The function stops")

    def alive(self):
        """Answer /health/liveness. After False several times, the platform restarts the function."""
        return True, "Alive"

    def ready(self):
        """Answer /health/readiness. A function that is not ready gets no requests."""
        return True, "Ready"


async def read(receive):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body
