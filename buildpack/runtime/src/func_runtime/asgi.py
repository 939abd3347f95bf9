"""The shapes of ASGI, named once (https://asgi.readthedocs.io)."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

Application = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]
# What a function's handle is: its result may be a reply to an event.
Handler = Callable[[Scope, Receive, Send], Awaitable[object]]


class Answer:
    """How far the answer to a request has got, as seen by whoever sends it."""

    __slots__ = ()

    started: bool
    completed: bool
