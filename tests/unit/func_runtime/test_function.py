"""The adapter: every form of a hook and a handle can be awaited."""

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from func_runtime import function
from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.errors import FunctionFailed, HandleMissing
from func_runtime.function import Function
from func_runtime.loader import Entry
from func_runtime.threads import Threads

pytestmark = pytest.mark.anyio


def adapt(instance: object) -> Function:
    """Adapt an instance, with threads of its own."""
    return function.adapt(instance, "function.py", Threads("h", 2), Threads("k", 2))


class Minimal:
    """A function without hooks."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer nothing."""


async def _handle(scope: Scope, receive: Receive, send: Send) -> str:
    return "async"


def _handle_in_thread(scope: Scope, receive: Receive, send: Send) -> str:
    return threading.current_thread().name


def _handle_by_another(scope: Scope, receive: Receive, send: Send) -> Awaitable[str]:
    return _handle(scope, receive, send)


class Callable_:  # noqa: N801 -- like an ASGI framework's application
    """An object that is called."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> str:
        """Answer."""
        return "async"


async def receive() -> Message:
    """Return a message."""
    return {"type": "http.request", "body": b"received"}


async def ignore(message: Message) -> None:
    """Take a message."""


@pytest.mark.parametrize(
    ("handle", "result"),
    [
        (_handle, "async"),
        (functools.partial(_handle), "async"),
        (Callable_(), "async"),
        (_handle_by_another, "async"),
        (_handle_in_thread, "h_0"),
        (functools.partial(_handle_in_thread), "h_0"),
    ],
    ids=["async", "partial", "object", "plain, returns one", "plain", "plain partial"],
)
@pytest.mark.row("H12")
async def test_handle(handle: Callable[..., object], result: str) -> None:
    """A handle of any form is awaited; only one that is not async runs in a thread."""
    instance = Minimal()
    instance.handle = handle  # type: ignore[method-assign, assignment]

    assert result == await adapt(instance).handle({}, receive, ignore)


async def test_async_handle_is_called_directly() -> None:
    """Nothing is put around a handle that is async: it costs nothing."""
    instance = Minimal()

    assert instance.handle == adapt(instance).handle


class Sending:
    """A send with a method, as events functions get."""

    def __init__(self) -> None:
        self.sent: list[object] = []

    async def __call__(self, message: object) -> None:
        """Keep a message."""
        self.sent.append(message)

    async def binary(self, event: object, status: int = 200) -> str:
        """Keep an event."""
        self.sent.append((event, status))
        return "binary"


async def test_plain_handle_receives_and_sends() -> None:
    """In a thread, receive and send return when they are done, and so do send's methods."""

    class Plain:
        def handle(self, scope: Scope, receive: Any, send: Any) -> object:
            send(receive()["body"])
            return send.binary("event", status=201)

    send = Sending()

    assert "binary" == await adapt(Plain()).handle({}, receive, send)
    assert [b"received", ("event", 201)] == send.sent


async def test_plain_handle_that_returns_a_coroutine_sends() -> None:
    """A coroutine that a plain handle returns uses receive and send as any other does."""

    class Delegating:
        def handle(self, *request: Any) -> Awaitable[None]:
            return self.answer(*request)

        async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send(await receive())

    send = Sending()
    await adapt(Delegating()).handle({}, receive, send)

    assert [await receive()] == send.sent


async def test_hooks_are_optional() -> None:
    """Hooks that are not there are None."""
    adapted = adapt(Minimal())

    assert (None, None, None, None) == (
        adapted.start,
        adapted.stop,
        adapted.alive,
        adapted.ready,
    )


async def test_hook_that_is_no_method(caplog: pytest.LogCaptureFixture) -> None:
    """An attribute that is called like a hook is not one; the log says so."""
    instance = Minimal()
    vars(instance)["ready"] = False

    assert adapt(instance).ready is None
    assert "ready of the function is a bool" in caplog.text


@pytest.mark.row("H5")
async def test_hooks_of_all_forms() -> None:
    """A hook may be async, plain (it runs in a thread), or plain and return a coroutine."""

    class Hooked(Minimal):
        async def start(self, cfg: dict[str, str]) -> object:
            return cfg

        def stop(self) -> object:
            return threading.current_thread().name

        def alive(self) -> Awaitable[object]:
            return asyncio.sleep(0, "alive")

    adapted = adapt(Hooked())
    assert adapted.start
    assert adapted.stop
    assert adapted.alive

    assert {"A": "1"} == await adapted.start({"A": "1"})
    assert "k_0" == await adapted.stop()
    assert "alive" == await adapted.alive()


@pytest.mark.parametrize("instance", [None, object()])
async def test_no_handle(instance: object) -> None:
    """What has no handle cannot be served, and its type is told."""
    with pytest.raises(HandleMissing) as caught:
        adapt(instance)

    assert type(instance).__name__ in caught.value.found


class WithoutSelf:
    """Its author forgot something."""

    def handle(scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[misc]  # noqa: N805
        """Answer nothing."""


def _handle_of_another_framework(request: object) -> str:
    return str(request)


@pytest.mark.parametrize(
    ("instance", "found"),
    [
        (SimpleNamespace(handle=_handle_of_another_framework), "handle(request: object) -> str"),
        (WithoutSelf(), "handle(receive: "),
        (SimpleNamespace(handle=lambda: None), "handle(), which cannot be called"),
    ],
)
def test_handle_with_other_arguments(instance: object, found: str) -> None:
    """A handle that no request could be given to is told before the first one."""
    with pytest.raises(HandleMissing) as caught:
        adapt(instance)

    assert caught.value.found.startswith(found)


def _annotated(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing."""


_annotated.__signature__ = "none"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "handle",
    [
        lambda *request: None,
        lambda scope, receive, send, more=None: None,
        functools.partial(lambda first, *request: None, "first"),
        functools.wraps(_handle_of_another_framework)(lambda scope, receive, send: None),
        _annotated,
        dict,
    ],
)
def test_handle_with_such_arguments(handle: object) -> None:
    """What can be called with a request is taken, and so is what does not tell."""
    assert adapt(SimpleNamespace(handle=handle)).start is None


@pytest.mark.row("H12")
def test_create() -> None:
    """new() may be a function, a class, or async."""

    async def new() -> str:
        return "awaited"

    assert "plain" == function.create(Entry("", lambda: "plain"), asyncio.run)
    assert "awaited" == function.create(Entry("", new), asyncio.run)


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(0)])
def test_create_fails(error: BaseException) -> None:
    """What new() raises is kept."""

    def new() -> object:
        raise error

    with pytest.raises(FunctionFailed) as caught:
        function.create(Entry("", new), asyncio.run)

    assert error is caught.value.__cause__
    assert "new()" == caught.value.step
