"""The parts around a function, put together."""

import asyncio
from types import MethodType

import pytest

from func_runtime.app import app_factory
from func_runtime.app.app import App
from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.errors import HandleInvalid
from func_runtime.function.adapter import Function
from func_runtime.settings.settings import Invoke, LogFormat, LogSettings, Settings

pytestmark = pytest.mark.anyio


class Quiet:
    """A function that answers nothing."""

    def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Return."""


class Slow:
    """A function that takes its time, and answers nothing."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait."""
        await asyncio.sleep(0.1)


async def status(
    settings: Settings, instance: object = None, *, path: str = "/", length: int = 0
) -> int:
    """Return the status with which an application answers an event; the function is Quiet."""
    adapted = app_factory.adapt(instance or Quiet(), "here", settings)
    app, lifespan, _ = app_factory.create_app(adapted, settings, dict)
    await lifespan.start()
    attributes = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
    headers = [(f"ce-{name}".encode(), value.encode()) for name, value in attributes.items()]
    headers.append((b"content-length", b"%d" % length))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    await app({"type": "http", "method": "GET", "path": path, "headers": headers}, receive, send)
    found: int = sent[0]["status"]
    return found


@pytest.mark.parametrize(("invoke", "expected"), [(Invoke.HTTP, 204), (Invoke.CLOUDEVENT, 202)])
async def test_no_answer(invoke: Invoke, expected: int) -> None:
    """The status for a function that sends nothing depends on its invocation."""
    assert expected == await status(Settings(addresses=(), invoke=invoke))


async def test_health_paths() -> None:
    """Health checks are answered on the paths of the settings."""
    settings = Settings(addresses=(), liveness_paths=("/live",), readiness_paths=("/ready",))

    assert [200, 200] == [await status(settings, path=path) for path in ("/live", "/ready")]


@pytest.mark.parametrize(
    ("invoke", "expected"), [(Invoke.HTTP, 413), (Invoke.CLOUDEVENT, 202)], ids=["http", "events"]
)
async def test_body_limit(invoke: Invoke, expected: int) -> None:
    """The limit for a body is that of functions without events; theirs is another."""
    settings = Settings(addresses=(), invoke=invoke, max_body_bytes=1)

    assert expected == await status(settings, length=2)


@pytest.mark.parametrize(
    ("invoke", "unlimited"), [(Invoke.HTTP, 204), (Invoke.CLOUDEVENT, 202)], ids=["http", "events"]
)
async def test_time_limit(invoke: Invoke, unlimited: int) -> None:
    """The limit for a request's time is for all functions."""
    settings = Settings(addresses=(), invoke=invoke)

    assert unlimited == await status(settings, Slow())
    assert 504 == await status(settings._replace(request=0.01), Slow())


async def test_logs(caplog: pytest.LogCaptureFixture) -> None:
    """There is an access log, and a trace in log lines, if they are configured."""
    caplog.set_level("INFO")
    wanted = LogSettings(format=LogFormat.JSON, access=True)

    await status(Settings(addresses=()))
    assert [] == caplog.messages
    await status(Settings(addresses=(), log=wanted), path="/health/readiness")
    assert [] == caplog.messages
    await status(Settings(addresses=(), log=wanted))
    (line,) = caplog.messages
    assert line.startswith("GET '/' 204 ")


def test_nothing_in_the_way() -> None:
    """Without limits and logs, nothing wraps the application or the handler."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        """Do nothing."""

    app, *_ = app_factory.create_app(Function(handle), Settings(addresses=()), dict)

    assert isinstance(app, MethodType)
    assert isinstance(app.__self__, App)
    assert {"_handler": handle}.items() <= vars(app.__self__).items()


def test_handle_missing() -> None:
    """An object that cannot be called is rejected before the application is created."""
    with pytest.raises(HandleInvalid):
        app_factory.adapt(object(), "here", Settings(addresses=()))
