"""The lifespan of an application, as frameworks and others speak it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from func_runtime.asgi import Message, Receive, Scope, Send
from func_runtime.errors import FunctionFailed, StartupFailed
from func_runtime.function.application_lifespan import ApplicationLifespan

pytestmark = pytest.mark.anyio

STARTED: Message = {"type": "lifespan.startup.complete"}
FAILED: Message = {"type": "lifespan.startup.failed", "message": "no database"}
STOPPED: Message = {"type": "lifespan.shutdown.complete"}


async def test_startup_and_shutdown() -> None:
    """Both run in one task, and requests get a copy of the startup's state."""
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            seen.append(dict(scope["state"]))
            scope["state"]["pool"] = "changed"
            return
        seen.extend((asyncio.current_task(), (await receive())["type"], scope["asgi"]))
        scope["state"]["pool"] = "open"
        await send(STARTED)
        seen.append((await receive())["type"])
        await send(STOPPED)
        seen.append(asyncio.current_task())

    lifespan = ApplicationLifespan(app)
    await lifespan.start()
    for _ in range(2):
        await lifespan.handle({"type": "http"}, _receive, _send)
    await lifespan.stop(1)

    task, *others, same = seen
    assert task is same
    assert [
        "lifespan.startup",
        {"version": "3.0", "spec_version": "2.0"},
        {"pool": "open"},
        {"pool": "open"},
        "lifespan.shutdown",
    ] == others
    assert lifespan.failure is None


async def _receive() -> Message:
    raise AssertionError


async def _send(message: Message) -> None:
    raise AssertionError


async def _refuses(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("only HTTP connections")


async def _returns(scope: Scope, receive: Receive, send: Send) -> None:
    pass


async def _answers_a_request(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})


@pytest.mark.parametrize("app", [_refuses, _returns, _answers_a_request])
async def test_no_lifespan(
    app: Callable[..., Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    """An application without a lifespan is served without a log line."""
    caplog.set_level("INFO")
    lifespan = ApplicationLifespan(app)
    await lifespan.start()
    await lifespan.stop(1)

    assert ([], None) == (caplog.messages, lifespan.failure)


async def test_startup_raises_without_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    """If the startup raises without an answer, the application is served, with a log line."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise ConnectionError("no database")

    await ApplicationLifespan(app).start()

    assert "is served without lifespan" in caplog.text
    assert "ConnectionError: no database" in caplog.text


@pytest.mark.parametrize("error", [ConnectionError("no database"), SystemExit(0)])
@pytest.mark.parametrize("answer", [FAILED, STARTED], ids=["failed", "complete"])
async def test_startup_raises(answer: Message, error: BaseException) -> None:
    """An exception of the startup, or right after it, is kept."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(answer)
        raise error

    with pytest.raises(FunctionFailed) as caught:
        await ApplicationLifespan(app).start()

    assert ("the application's startup", error) == (caught.value.step, caught.value.__cause__)


async def test_startup_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason in startup.failed is kept, even if the application does not return."""
    monkeypatch.setattr("func_runtime.function.application_lifespan._AFTER_FAILURE", 0.01)
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(FAILED)
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(StartupFailed) as caught:
        await ApplicationLifespan(app).start()

    assert "no database" == caught.value.reason
    await asyncio.wait_for(ended.wait(), 1)


async def test_lifespan_ends_early(caplog: pytest.LogCaptureFixture) -> None:
    """If the lifespan raises while it serves, this is logged at once, and no shutdown runs."""
    broken = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(STARTED)
        await broken.wait()
        raise ConnectionError("lost the database")

    lifespan = ApplicationLifespan(app)
    await lifespan.start()
    broken.set()
    await asyncio.sleep(0.01)
    await lifespan.stop(1)

    assert isinstance(lifespan.failure, ConnectionError)
    assert "The application's lifespan raised an exception" in caplog.text


async def test_shutdown_fails(caplog: pytest.LogCaptureFixture) -> None:
    """If the shutdown fails, its message is logged."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(STARTED)
        await receive()
        await receive()
        await send({"type": "lifespan.shutdown.failed", "message": "cannot flush"})

    lifespan = ApplicationLifespan(app)
    await lifespan.start()
    await lifespan.stop(1)

    assert "cannot flush" == str(lifespan.failure)
    assert "The application's shutdown failed: cannot flush" in caplog.text


async def test_shutdown_takes_too_long(caplog: pytest.LogCaptureFixture) -> None:
    """A shutdown that takes too long is cancelled, and this is logged."""
    ended = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(STARTED)
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    lifespan = ApplicationLifespan(app)
    await lifespan.start()
    await lifespan.stop(0.01)

    await asyncio.wait_for(ended.wait(), 1)
    assert isinstance(lifespan.failure, TimeoutError)
    assert "The application's shutdown took longer than 0.0 s and was cut off" in caplog.text


async def test_shutdown_without_an_end(caplog: pytest.LogCaptureFixture) -> None:
    """After shutdown.complete, the application is not waited for."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(STARTED)
        await send(STOPPED)
        await asyncio.sleep(60)

    lifespan = ApplicationLifespan(app)
    await lifespan.start()
    await lifespan.stop(0.01)

    assert ([], None) == (caplog.messages, lifespan.failure)


async def test_startup_is_cut_off() -> None:
    """A signal cancels the startup, so that it can clean up."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            seen.append("tidied up")

    lifespan = ApplicationLifespan(app)
    starting = asyncio.create_task(lifespan.start())
    await asyncio.sleep(0.01)
    starting.cancel()
    await lifespan.stop(1)

    assert (["tidied up"], None) == (seen, lifespan.failure)


async def test_never_started() -> None:
    """A lifespan that was never started is not stopped."""
    lifespan = ApplicationLifespan(_refuses)
    await lifespan.stop(1)

    assert lifespan.failure is None
