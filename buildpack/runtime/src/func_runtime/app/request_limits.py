"""Limits for a request: the size of its body, and the time that it takes.

Imported if a limit is set.
"""

import asyncio
import logging

from func_runtime.asgi import Handler, Message, Receive, Scope, Send
from func_runtime.errors import BodyTooLong, TimeLimitExceeded
from func_runtime.http import responses

log = logging.getLogger("func_runtime")

# RFC 9110, 15.5.14: the rest of the body is not read.
_CLOSE = (b"connection", b"close")


class BodyLimit:
    """Limits the bodies of a handler's requests. A larger body gets 413."""

    def __init__(self, handler: Handler, limit: int) -> None:
        self._handler = handler
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> object:
        """Call the handler, unless the content-length is too large."""
        if scope["type"] != "http":
            return await self._handler(scope, receive, send)
        bounded = _LimitedRequest(scope, receive, send, self._limit)
        if _content_length(scope) > self._limit:
            await bounded.reject()
            return None
        return await self._handler(scope, bounded.receive, bounded.send)


class _LimitedRequest:
    """Counts what a handler receives of a body."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._size = 0
        self._responding = False
        self._rejected = False  # the response is 413
        self._logged = False

    async def receive(self) -> Message:
        """Return the next part of the body.

        :raises BodyTooLong: the body is larger than the limit.
        """
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            await self.reject()
            raise BodyTooLong
        return message

    async def send(self, message: Message) -> None:
        """Send the handler's response, unless 413 has been sent."""
        if not self._rejected:
            await self._send(message)
            self._responding = True

    async def reject(self) -> None:
        """Send 413. Not later: a framework might answer the exception with an error of its own."""
        if not self._logged:
            self._logged = True
            method, path = self._scope["method"], self._scope["path"]
            log.info("%s %r rejected: the body is larger than %d bytes", method, path, self._limit)
        if not self._responding and not self._rejected:
            self._rejected = True
            await responses.text(
                self._send,
                responses.CONTENT_TOO_LARGE,
                f"The limit for a body is {self._limit} bytes",
                headers=[_CLOSE],
            )


class TimeLimit:
    """Limits the time that a handler takes for a request. WebSockets have no limit."""

    def __init__(self, handler: Handler, seconds: float) -> None:
        self._handler = handler
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> object:
        """Call the handler, and cancel it when its time is over.

        :raises TimeLimitExceeded: it was cancelled.
        """
        if scope["type"] != "http":
            return await self._handler(scope, receive, send)
        limit = asyncio.timeout(self._seconds)
        try:
            async with limit:
                return await self._handler(scope, receive, send)
        except TimeoutError as error:
            if limit.expired():
                raise TimeLimitExceeded(self._seconds) from error
            raise  # the function's own


def _content_length(scope: Scope) -> int:
    value = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(value) if value.isdigit() else 0
