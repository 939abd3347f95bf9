"""The types of ASGI (https://asgi.readthedocs.io)."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

Application = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]
# The type of a function's handle. Its result may be a reply to an event.
Handler = Callable[[Scope, Receive, Send], Awaitable[object]]


class ResponseProgress:
    """How much of a response has been sent."""

    __slots__ = ()

    started: bool
    completed: bool
