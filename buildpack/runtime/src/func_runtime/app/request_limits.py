"""Limits of a request: how long its body may be, and how long it may take.

Imported for a limit that is set: without one, a request does not pass here.
"""

import asyncio
import logging

from func_runtime.asgi import Handler, Message, Receive, Scope, Send
from func_runtime.errors import BodyTooLong, TimeLimitExceeded
from func_runtime.http import responses

log = logging.getLogger("func_runtime")

# RFC 9110, 15.5.14: what is left of the body is not read.
_CLOSE = (b"connection", b"close")


class BodyLimit:
    """A handler whose requests have bodies of no more than `limit` bytes; others get 413."""

    def __init__(self, handler: Handler, limit: int) -> None:
        self._handler = handler
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> object:
        """Call the handler, unless the request says itself that it is too long."""
        if scope["type"] != "http":
            return await self._handler(scope, receive, send)
        bounded = _Bounded(scope, receive, send, self._limit)
        if _stated_length(scope) > self._limit:
            await bounded.refuse()
            return None
        return await self._handler(scope, bounded.receive, bounded.send)


class _Bounded:
    """The handler's side of a request: counts what it receives."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._limit = limit
        self._size = 0
        self._responding = False
        self._refused = False  # its answer is ours
        self._told = False

    async def receive(self) -> Message:
        """Return the next part of the body.

        :raises BodyTooLong: it goes beyond the limit.
        """
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            await self.refuse()
            raise BodyTooLong
        return message

    async def send(self, message: Message) -> None:
        """Pass on the handler's answer; after a refusal there is one already."""
        if not self._refused:
            await self._send(message)
            self._responding = True

    async def refuse(self) -> None:
        """Answer 413, at once: a framework might take the exception for an error of its own."""
        if not self._told:
            self._told = True
            method, path = self._scope["method"], self._scope["path"]
            log.info("%s %r refused: the body is over %d bytes long", method, path, self._limit)
        if not self._responding and not self._refused:
            self._refused = True
            await responses.text(
                self._send,
                responses.CONTENT_TOO_LARGE,
                f"The limit for a body is {self._limit} bytes",
                headers=[_CLOSE],
            )


class TimeLimit:
    """A handler whose requests take no more than `seconds`. WebSockets may go on."""

    def __init__(self, handler: Handler, seconds: float) -> None:
        self._handler = handler
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> object:
        """Call the handler, and cancel it when its time is over.

        :raises TimeLimitExceeded: it was.
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


def _stated_length(scope: Scope) -> int:
    stated = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(stated) if stated.isdigit() else 0
