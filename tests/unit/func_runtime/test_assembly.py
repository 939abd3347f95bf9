"""The parts around a function, put together."""

import pytest

from func_runtime import assembly
from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.errors import HandleMissing
from func_runtime.settings import Invoke, Settings

pytestmark = pytest.mark.anyio


class Quiet:
    """A function that answers nothing."""

    def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Return."""


async def status(settings: Settings, path: str = "/") -> int:
    """Return the status with which a quiet function's application answers an event."""
    adapted = assembly.adapt(Quiet(), "here", settings)
    app, lifespan = assembly.assemble(adapted, settings, dict)
    await lifespan.start()
    attributes = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
    headers = [(f"ce-{name}".encode(), value.encode()) for name, value in attributes.items()]
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
    """What a quiet function's client gets is decided by what the function is called with."""
    assert expected == await status(Settings(addresses=(), invoke=invoke))


async def test_health_paths() -> None:
    """Health checks are answered on the paths of the settings."""
    settings = Settings(addresses=(), liveness_paths=("/live",), readiness_paths=("/ready",))

    assert [200, 200] == [await status(settings, path) for path in ("/live", "/ready")]


def test_handle_missing() -> None:
    """What cannot be called is refused before there is an application."""
    with pytest.raises(HandleMissing):
        assembly.adapt(object(), "here", Settings(addresses=()))
