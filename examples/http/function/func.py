"""An HTTP function: it answers every request with JSON that describes the request.

Only `new` is required. It returns an object whose `handle` answers requests. The methods `start`,
`stop`, `alive` and `ready` are optional. Each method may also be `async`.
"""

import json
import logging
import time
from urllib.parse import parse_qs

from humanize import naturalsize, precisedelta

log = logging.getLogger(__name__)

MAX_BODY = 1024 * 1024


def new():
    """Return a function. It is called once, before the process listens for requests."""
    return Function()


class Function:
    def __init__(self):
        """Set the defaults. Unit tests may call handle() without start()."""
        self.greeting = "Hello, World!"
        self.started = None
        self.requests = 0

    def start(self, cfg):
        """Prepare for requests: read the configuration, open connections, load models.

        `cfg` is the environment, as a dictionary. Until this returns, the platform sends no
        requests. If it raises, the process exits, and its log ends with the traceback.
        """
        self.greeting = cfg.get("GREETING", self.greeting)
        self.started = time.monotonic()
        log.info("Function started, greeting with %r", self.greeting)

    def stop(self):
        """Clean up: flush buffers, close connections. All requests have been answered."""
        log.info("Function stopped, requests handled: %d", self.requests)

    def alive(self):
        """Answer /health/liveness. After False several times, the platform restarts the function."""
        return True, "Alive"

    def ready(self):
        """Answer /health/readiness. While it returns False, the function gets no requests."""
        if self.started is None:
            return False, "Not started yet"
        return True, f"Up for {self.uptime()}"

    async def handle(self, scope, receive, send):
        """Answer a request, with the arguments of ASGI. Health checks do not come here."""
        self.requests += 1
        body = await read_body(receive)
        if body is None:
            return  # The client has disconnected
        if len(body) > MAX_BODY:
            await respond(send, 413, {"error": f"The limit is {naturalsize(MAX_BODY)}"})
            return
        try:
            message = read_message(scope, body)
        except ValueError:
            await respond(send, 400, {"error": "The body is not valid JSON"})
            return
        log.info("%s %s, %s", scope["method"], scope["path"], naturalsize(len(body)))
        await respond(
            send,
            200,
            {
                "message": self.greeting if message is None else message,
                "method": scope["method"],
                "path": scope["path"],
                "query": parse_qs(scope.get("query_string", b"").decode("latin-1")),
                "size": naturalsize(len(body)),
                "uptime": self.uptime(),
            },
        )

    def uptime(self):
        seconds = 0 if self.started is None else time.monotonic() - self.started
        return precisedelta(seconds, format="%.0f")


async def read_body(receive):
    """Return the body, or None if the client disconnected before it was complete.

    It stops reading after MAX_BODY, so that a request cannot fill the memory.
    """
    parts, size = [], 0
    while size <= MAX_BODY:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if not event.get("more_body", False):
            break
    return b"".join(parts)


def read_message(scope, body):
    """Return the `message` of a JSON object, any other JSON or text unchanged, or None."""
    if not body:
        return None
    headers = dict(scope["headers"])
    if not headers.get(b"content-type", b"").startswith(b"application/json"):
        return body.decode(errors="replace")
    data = json.loads(body)
    return data.get("message", data) if isinstance(data, dict) else data


async def respond(send, status, content):
    body = json.dumps(content).encode() + b"\n"
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
