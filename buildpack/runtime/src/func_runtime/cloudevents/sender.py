"""The `send` of a function that is called with events."""

from collections.abc import Awaitable, Mapping

from func_runtime.asgi import Message, Send
from func_runtime.cloudevents import http_binding, media_type, sdk
from func_runtime.cloudevents.event import BYTES, Event
from func_runtime.cloudevents.http_binding import Content
from func_runtime.http import responses


class RepliedTwice(RuntimeError):
    """A function sent a second reply to a request."""


class Sender:
    """Sends the one reply to a request."""

    __slots__ = ("_send", "replied")

    def __init__(self, send: Send) -> None:
        self.replied = False
        self._send = send

    async def __call__(self, reply: object, status: int = responses.OK) -> None:
        """Send an event, as one JSON document, other data, in its own type, or an ASGI message.

        An event is an object of the CloudEvents SDK or a mapping with its attributes.

        :raises EventInvalid: the event is not valid.
        :raises RepliedTwice: there was a reply already.
        :raises TypeError: the data cannot be encoded.
        """
        if found := sdk.read(reply):
            await self._reply(http_binding.encode_structured(found), status)
        elif isinstance(reply, Mapping) and is_asgi(reply):
            await self.http(dict(reply))
        else:
            await self._reply(_encode_other(reply), status)

    async def structured(self, event: object, status: int = responses.OK) -> None:
        """Send an event as one JSON document. Raises as a plain call does."""
        await self._reply(http_binding.encode_structured(sdk.required(event)), status)

    async def binary(self, event: object, status: int = responses.OK) -> None:
        """Send an event as headers, with only its data as the body. Raises as a plain call does."""
        await self._reply(http_binding.encode_binary(sdk.required(event)), status)

    async def http(self, message: Message) -> None:
        """Send an ASGI message, for replies that are not events."""
        self.replied = True
        await self._send(message)

    def _reply(self, content: Content, status: int) -> Awaitable[None]:
        if self.replied:
            raise RepliedTwice("send was called for a second reply to the same request")
        self.replied = True
        return responses.complete(self._send, status, content.headers, content.body)


class BatchSender:
    """Collects the reply to one event of a batch: an event, or none."""

    def __init__(self) -> None:
        self.replied = False
        self.replies = list[Event]()

    async def __call__(self, reply: object, status: int = responses.OK) -> None:
        """Reply with an event. `status` is ignored: the batch has one status.

        :raises EventInvalid: the reply is not an event, or not a valid one.
        :raises RepliedTwice: there was a reply already.
        """
        del status
        found = sdk.required(reply)
        if self.replied:
            raise RepliedTwice("send was called for a second reply to the same event")
        self.replied = True
        self.replies.append(found)

    structured = __call__
    binary = __call__
    http = __call__


def is_asgi(message: Mapping[str, object]) -> bool:
    """Return whether a mapping that is not an event is an ASGI message."""
    return str(message.get("type", "")).startswith("http.response.")


def _encode_other(data: object) -> Content:
    """Encode data that is not an event (func's language pack contract)."""
    kind = ""
    if isinstance(data, str):
        kind = "text/plain; charset=utf-8"
    elif isinstance(data, BYTES):
        kind = media_type.BYTES
    return http_binding.encode_data(data, kind)
