"""The access log: a line for each request when it has ended. Imported if it is configured."""

import logging
import time
from collections.abc import Container

from func_runtime.asgi import Application, Message, Receive, Scope, Send

log = logging.getLogger("func_runtime.access")

_WEBSOCKET = {"websocket.accept": 101, "websocket.close": 403}


class AccessLog:
    """Logs the requests of an application, without their queries and headers."""

    def __init__(self, app: Application, unlogged: Container[str]) -> None:
        """Take the application, and the paths that are not logged: those of health checks."""
        self._app = app
        self._unlogged = unlogged

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and log it."""
        if scope["path"] in self._unlogged:
            await self._app(scope, receive, send)
            return
        answer = StatusRecorder(send)
        began = time.perf_counter()
        try:
            await self._app(scope, receive, answer)
        finally:
            is_whole = answer.completed or scope["type"] != "http"
            milliseconds = (time.perf_counter() - began) * 1000
            _log_request(scope, answer.status, milliseconds, "" if is_whole else ", cut off")


class StatusRecorder:
    """Sends a response, and records its status, or 0 if there is none, and its end."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.completed = False

    async def __call__(self, message: Message) -> None:
        """Send a message. The first one has the status."""
        await self._send(message)
        if not self.status:
            self.status = message.get("status") or _WEBSOCKET.get(message["type"], 0)
        elif not message.get("more_body"):
            self.completed = True


def _log_request(scope: Scope, status: int, milliseconds: float, how: str) -> None:
    method, path = scope.get("method", "WebSocket"), scope["path"]
    fields = {"method": method, "path": path, "status": status, "ms": round(milliseconds, 3)}
    # %r: a client must not start a new line in the log.
    log.info("%s %r %d %.1f ms%s", method, path, status, milliseconds, how, extra=fields)
