"""Calls a function with the events of a request."""

import logging
from collections.abc import Awaitable, Iterable

from func_runtime.asgi import Handler, Headers, Message, Receive, Scope, Send
from func_runtime.cloudevents import http_binding
from func_runtime.cloudevents.event import Event, shown
from func_runtime.cloudevents.http_binding import EventRejected
from func_runtime.cloudevents.sdk import MakeEvent
from func_runtime.cloudevents.sender import BatchSender, Sender
from func_runtime.http import responses

log = logging.getLogger("func_runtime")

_ALLOW = (b"allow", b"POST, OPTIONS")
_CLOSE = (b"connection", b"close")


class EventHandler:
    """The ASGI handler of a function that is called with events."""

    def __init__(self, handle: Handler, make_event: MakeEvent, max_bytes: int) -> None:
        self._handle = handle
        self._make_event = make_event
        self._max_bytes = max_bytes

    # Not async: it returns the coroutine of what is called. That is one less for each event.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer a request: decode its event, call the function, encode the reply."""
        if scope["type"] != "http":
            return send({"type": "websocket.close"})
        if scope["method"] == "OPTIONS":
            return responses.text(send, responses.OK, headers=_handshake(scope["headers"]))
        return self._receive_event(scope, receive, send)

    async def _receive_event(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(scope["headers"], receive, self._max_bytes)
            if body is None:
                return
            events = _decode(scope, body)
        except EventRejected as rejected:
            reason = rejected.reason + _known(rejected)
            log.info("%s %r rejected: %s", scope["method"], scope["path"], reason)
            # RFC 9110, 15.5.14: the rest of a body that is too large is not read.
            ends = [_CLOSE] if rejected.status == responses.CONTENT_TOO_LARGE else []
            await responses.text(send, rejected.status, rejected.reason, headers=ends)
            return
        replay = Replay(body, receive)
        if isinstance(events, Event):
            await self._call(scope, events, replay, Sender(send))
        else:
            await self._call_with_batch(scope, events, replay, send)

    async def _call(
        self, scope: Scope, event: Event, receive: Receive, sender: Sender | BatchSender
    ) -> None:
        """Call the function. What it returns is its reply, if it has not sent one."""
        scope["event"] = self._make_event(event)
        result = await self._handle(scope, receive, sender)
        if result is not None and not sender.replied:
            await sender(result)

    async def _call_with_batch(
        self, scope: Scope, events: Iterable[Event], receive: Receive, send: Send
    ) -> None:
        """Call the function for each event, in order; the first failure fails the batch."""
        replies: list[Event] = []
        for event in events:
            sender = BatchSender()
            await self._call({**scope}, event, receive, sender)
            replies += sender.replies
        if not replies:
            return
        if _accepts_batch(scope["headers"]):
            content = http_binding.encode_batch(replies)
            await responses.complete(send, responses.OK, content.headers, content.body)
        else:
            # HTTP binding, 3: batches must not be sent unless they were asked for.
            log.warning("%d replies dropped: the sender of the batch accepts none", len(replies))


async def read_body(headers: Headers, receive: Receive, limit: int) -> bytes | None:
    """Return the body of a request, or None if the client has disconnected before its end.

    :raises EventRejected: it is larger than the limit.
    """
    length = http_binding.header(headers, b"content-length")
    if length.isdigit() and int(length) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(limit: int) -> EventRejected:
    return EventRejected(responses.CONTENT_TOO_LARGE, f"The limit for an event is {limit} bytes")


class Replay:
    """A `receive` that returns the body again, for functions that read it themselves."""

    __slots__ = ("_body", "_receive")

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        """Return the next message."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _decode(scope: Scope, body: bytes) -> Event | list[Event]:
    try:
        return http_binding.decode(scope["headers"], body)
    except EventRejected:
        if scope["path"].startswith("/dapr/"):
            # A Dapr sidecar asks for its configuration on each start, and expects 404.
            raise EventRejected(responses.NOT_FOUND, "Not Found") from None
        raise


def _known(rejected: EventRejected) -> str:
    """Return what identifies the event of a rejected request, in brackets."""
    names = [name for name in ("id", "source", "type") if rejected.attributes.get(name)]
    known = [f"{name} {shown(rejected.attributes[name])}" for name in names]
    return f" ({', '.join(known)})" if known else ""


def _handshake(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return what allows an origin to send events (CloudEvents HTTP webhooks, 4.2)."""
    allowed = [_ALLOW]
    for name, value in headers:
        if name == b"webhook-request-origin":
            allowed.append((b"webhook-allowed-origin", value))
        elif name == b"webhook-request-rate":
            allowed.append((b"webhook-allowed-rate", b"*"))
    return allowed


def _accepts_batch(headers: Headers) -> bool:
    return any(
        name == b"accept" and b"application/cloudevents-batch" in value.lower()
        for name, value in headers
    )
