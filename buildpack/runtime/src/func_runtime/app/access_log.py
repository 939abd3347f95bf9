"""The access log: a line for each request after it has ended. Imported if it was asked for."""

import logging
import time
from collections.abc import Container

from func_runtime.asgi import Application, Message, Receive, Scope, Send

log = logging.getLogger("func_runtime.access")

_WEBSOCKET = {"websocket.accept": 101, "websocket.close": 403}


class AccessLog:
    """An application whose requests are logged: neither their queries nor their headers."""

    def __init__(self, app: Application, unlogged: Container[str]) -> None:
        """Take the application, and the paths that nobody wants to read about: the probes'."""
        self._app = app
        self._unlogged = unlogged

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and log it."""
        if scope["path"] in self._unlogged:
            await self._app(scope, receive, send)
            return
        answer = Answer(send)
        began = time.perf_counter()
        try:
            await self._app(scope, receive, answer)
        finally:
            is_whole = answer.completed or scope["type"] != "http"
            milliseconds = (time.perf_counter() - began) * 1000
            _tell(scope, answer.status, milliseconds, "" if is_whole else ", cut off")


class Answer:
    """Sends an answer, and sees its status, which is 0 without an answer, and its end."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.completed = False

    async def __call__(self, message: Message) -> None:
        """Pass on a message; the first one decides."""
        await self._send(message)
        if not self.status:
            self.status = message.get("status") or _WEBSOCKET.get(message["type"], 0)
        elif not message.get("more_body"):
            self.completed = True


def _tell(scope: Scope, status: int, milliseconds: float, how: str) -> None:
    method, path = scope.get("method", "WebSocket"), scope["path"]
    fields = {"method": method, "path": path, "status": status, "ms": round(milliseconds, 3)}
    # %r: a path is the client's, and must not start lines of its own in the log.
    log.info("%s %r %d %.1f ms%s", method, path, status, milliseconds, how, extra=fields)
