"""The adapter: every form of a hook and a handle can be awaited."""

import asyncio
import functools
import importlib
import sqlite3
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.errors import FunctionFailed, HandleInvalid, SignatureMismatch, WsgiApplication
from func_runtime.function import adapter
from func_runtime.function.adapter import Function
from func_runtime.function.loader import Entry
from func_runtime.function.threads import Threads

pytestmark = pytest.mark.anyio


def adapt(instance: object) -> Function:
    """Adapt an instance, with threads of its own."""
    return adapter.adapt(instance, "function.py", Threads("h", 2), Threads("k", 2))


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
    """A handle of any form can be awaited. Only one that is not async runs in a thread."""
    instance = Minimal()
    instance.handle = handle  # type: ignore[method-assign, assignment]

    assert result == await adapt(instance).handle({}, receive, ignore)


async def test_async_handle_is_called_directly() -> None:
    """An async handle is not wrapped."""
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
    """In a thread, receive, send and send's methods block until they are done."""

    class Plain:
        def handle(self, scope: Scope, receive: Any, send: Any) -> object:
            send(receive()["body"])
            return send.binary("event", status=201)

    send = Sending()

    assert "binary" == await adapt(Plain()).handle({}, receive, send)
    assert [b"received", ("event", 201)] == send.sent


async def test_plain_handle_that_returns_a_coroutine_sends() -> None:
    """If a handle that is not async returns a coroutine, that can await receive and send."""

    class Delegating:
        def handle(self, *request: Any) -> Awaitable[None]:
            return self.answer(*request)

        async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
            await send(await receive())

    send = Sending()
    await adapt(Delegating()).handle({}, receive, send)

    assert [await receive()] == send.sent


async def test_hooks_are_optional() -> None:
    """Missing hooks are None."""
    adapted = adapt(Minimal())

    assert (None, None, None, None) == (
        adapted.start,
        adapted.stop,
        adapted.alive,
        adapted.ready,
    )


async def test_hook_that_is_no_method(caplog: pytest.LogCaptureFixture) -> None:
    """An attribute with the name of a hook that is not a method is ignored, with a warning."""
    instance = Minimal()
    vars(instance)["ready"] = False

    assert adapt(instance).ready is None
    assert "ready of the function is ignored: a bool is not a method" in caplog.text


@pytest.mark.row("H5")
async def test_hooks_of_all_forms() -> None:
    """A hook may be async, plain, or plain and return a coroutine.

    Plain ones run in a thread, but for start and stop: they run on the loop's thread, in a task.
    """

    class Hooked(Minimal):
        def start(self, cfg: dict[str, str]) -> object:
            return cfg, asyncio.current_task(), threading.current_thread()

        async def stop(self) -> object:
            return "stop"

        def alive(self) -> Awaitable[object]:
            return asyncio.sleep(0, "alive")

        def ready(self) -> object:
            return threading.current_thread().name

    adapted = adapt(Hooked())
    assert adapted.start
    assert adapted.stop
    assert adapted.alive
    assert adapted.ready

    here = asyncio.current_task(), threading.current_thread()
    assert ({"A": "1"}, *here) == await adapted.start({"A": "1"})
    assert "stop" == await adapted.stop()
    assert "alive" == await adapted.alive()
    assert "k_0" == await adapted.ready()


async def test_hook_that_needs_the_thread_of_start() -> None:
    """If a hook that is not async fails because of its thread, the message has advice."""

    class Database(Minimal):
        def start(self, cfg: dict[str, str]) -> None:
            self.connection = sqlite3.connect(":memory:")

        def ready(self) -> None:
            self.connection.execute("select 1")

        def alive(self) -> None:
            raise ValueError("no number")

        def stop(self) -> None:
            self.connection.close()

    adapted = adapt(Database())
    assert adapted.start and adapted.ready and adapted.alive and adapted.stop  # noqa: PT018
    await adapted.start({})
    with pytest.raises(sqlite3.ProgrammingError) as caught:
        await adapted.ready()
    (note,) = caught.value.__notes__
    assert "An `async def ready` does." in note

    with pytest.raises(ValueError, match="no number") as other:
        await adapted.alive()
    assert not hasattr(other.value, "__notes__")
    await adapted.stop()


class StartWithoutConfiguration(Minimal):
    """Its author forgot cfg."""

    def start(self) -> None:
        """Do nothing."""


class StopWithReason(Minimal):
    """Its author wants to know why."""

    async def stop(self, reason: str) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("instance", "found", "expected"),
    [
        (StartWithoutConfiguration(), "start(self) -> None", "start(self, cfg)"),
        (StopWithReason(), "stop(self, reason: str) -> None", "stop(self)"),
        (SimpleNamespace(handle=_handle, ready=lambda cfg: True), "ready(cfg)", "ready()"),
        (SimpleNamespace(handle=_handle, start=lambda: None), "start()", "start(cfg)"),
        (type("Function", (Minimal,), {"start": lambda: None})(), "start()", "start(self, cfg)"),
    ],
)
def test_hook_with_other_arguments(instance: object, found: str, expected: str) -> None:
    """A hook with the wrong arguments is rejected before it is called."""
    with pytest.raises(SignatureMismatch) as caught:
        adapt(instance)

    assert (found, expected) == (caught.value.found, caught.value.expected)


@pytest.mark.parametrize("instance", [None, object()])
async def test_no_handle(instance: object) -> None:
    """An object without a handle is an error with its type."""
    with pytest.raises(HandleInvalid) as caught:
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
        (type("Function", (), {"handle": lambda: None})(), "handle(), which cannot be called"),
    ],
)
def test_handle_with_other_arguments(instance: object, found: str) -> None:
    """A handle with the wrong arguments is rejected before the first request."""
    with pytest.raises(HandleInvalid) as caught:
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
    """A handle that accepts a request is valid, also if its arguments are unknown."""
    assert adapt(SimpleNamespace(handle=handle)).start is None


@pytest.mark.row("H12")
def test_create() -> None:
    """new() may be a function, a class, or async."""

    async def new() -> str:
        return "awaited"

    assert "plain" == adapter.create(Entry("", lambda: "plain"), asyncio.run)
    assert "awaited" == adapter.create(Entry("", new), asyncio.run)


def _new_with_configuration(cfg: object) -> object:
    return cfg


def test_create_with_arguments() -> None:
    """A new() that requires arguments is rejected, for example an application with that name."""
    with pytest.raises(SignatureMismatch) as caught:
        adapter.create(Entry("function.py", _new_with_configuration), asyncio.run)  # type: ignore[arg-type]

    assert ("new(cfg: object) -> object", "new()") == (caught.value.found, caught.value.expected)


def _wrapped_application() -> Callable[..., object]:
    application = Callable_()

    @functools.wraps(application)
    async def wrapper(scope: Scope, receive: Receive, send: Send) -> object:
        return await application(scope, receive, send)

    return wrapper


class Proxy(Callable_):
    """An object that has every attribute, like proxies for remote objects."""

    def __getattr__(self, name: str) -> "Proxy":
        return Proxy()


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        (Callable_(), True),
        (Proxy(), True),
        (functools.partial(Callable_()), True),
        (Callable_().__call__, True),
        (_wrapped_application(), True),
        (_handle, False),
        (functools.partial(_handle), False),
        (functools.wraps(_handle)(Callable_()), False),
        (Minimal().handle, False),
        (dict, False),
    ],
    ids=[
        *("object", "proxy", "partial", "its method", "wraps", "function", "partial of a function"),
        *("wraps a function", "method", "class"),
    ],
)
def test_application(handle: Callable[..., object], expected: bool) -> None:
    """An application is recognized by its kind of object."""
    assert expected == adapt(SimpleNamespace(handle=handle)).is_application


def test_new_returns_the_application() -> None:
    """An object that can be called with a request needs no handle, and may have hooks."""

    class Hooked(Callable_):
        async def start(self, cfg: dict[str, str]) -> None:
            """Do nothing."""

    application = Hooked()
    adapted = adapt(application)

    assert (application, application.start, True) == (
        adapted.handle,
        adapted.start,
        adapted.is_application,
    )
    assert _handle == adapt(_handle).handle


FRAMEWORK = """
class Application:
    async def __call__(self, scope, receive, send):
        pass
    async def handle(self, scope, receive, send):
        raise AssertionError
    async def start(self):
        raise AssertionError
"""


def test_application_with_methods_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Methods of an installed framework are not hooks, those of the author's class are."""
    installed = tmp_path / "site-packages"
    installed.mkdir()
    (installed / "some_framework.py").write_text(FRAMEWORK)
    monkeypatch.syspath_prepend(str(installed))
    framework = importlib.import_module("some_framework")
    application = framework.Application()
    found = adapt(application)
    assert (application, None) == (found.handle, found.start)

    class Derived(framework.Application):  # type: ignore[misc, name-defined]
        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            """Answer."""

        async def start(self, cfg: dict[str, str]) -> None:
            """Do nothing."""

    derived = Derived()
    assert (derived.handle, derived.start) == (adapt(derived).handle, adapt(derived).start)
    vars(application)["handle"] = _handle
    vars(application)["start"] = derived.start
    assert (_handle, derived.start) == (adapt(application).handle, adapt(application).start)
    monkeypatch.delitem(sys.modules, "some_framework")


class Wsgi:
    """An application of the older kind."""

    def __call__(self, environ: object, start_response: object) -> list[bytes]:
        """Answer."""
        return []


def _wsgi(env: object, start: object) -> list[bytes]:
    return []


@pytest.mark.parametrize(
    ("instance", "found"),
    [
        (Wsgi(), f"an instance of {__name__}.Wsgi"),
        (SimpleNamespace(handle=Wsgi()), f"an instance of {__name__}.Wsgi"),
        (SimpleNamespace(handle=_wsgi), "the function _wsgi"),
    ],
)
def test_wsgi(instance: object, found: str) -> None:
    """A WSGI application is recognized by its arguments."""
    with pytest.raises(WsgiApplication) as caught:
        adapt(instance)

    assert found == caught.value.found


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(0)])
def test_create_fails(error: BaseException) -> None:
    """The exception of new() is kept."""

    def new() -> object:
        raise error

    with pytest.raises(FunctionFailed) as caught:
        adapter.create(Entry("", new), asyncio.run)

    assert error is caught.value.__cause__
    assert "new()" == caught.value.step
