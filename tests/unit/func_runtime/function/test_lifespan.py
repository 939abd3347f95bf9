"""The life of a function: each hook once, the phases, and waiting for the start."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import pytest

from func_runtime.asgi import Receive, Scope, Send
from func_runtime.errors import FunctionFailed, StartupFailed, Stopped
from func_runtime.function.adapter import Function
from func_runtime.function.application_lifespan import ApplicationLifespan
from func_runtime.function.lifespan import Lifespan, Phase

pytestmark = pytest.mark.anyio

Hook = Callable[[], Awaitable[object]]


async def handle(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing."""


def lifespan(
    start: Callable[[dict[str, str]], Awaitable[object]] | None = None, stop: Hook | None = None
) -> Lifespan:
    """Return the life of a function with these hooks."""
    return Lifespan(Function(handle, start=start, stop=stop), lambda: {"A": "1"})


async def test_start() -> None:
    """start(cfg) gets the configuration. After it, the function serves."""
    seen = []

    async def start(cfg: dict[str, str]) -> None:
        seen.append(cfg)

    life = lifespan(start)
    assert Phase.STARTING.value == life.phase.value
    await life.start()

    assert [{"A": "1"}] == seen
    assert Phase.SERVING.value == life.phase.value
    assert await life.started()


async def test_start_fails() -> None:
    """The exception of start() is kept, and stop() does not run after it."""

    async def start(cfg: dict[str, str]) -> None:
        raise ConnectionError

    async def stop() -> None:
        raise AssertionError

    life = lifespan(start, stop)
    with pytest.raises(FunctionFailed) as caught:
        await life.start()
    await life.stop(1)

    assert isinstance(caught.value.__cause__, ConnectionError)
    assert Phase.STARTING.value == life.phase.value


async def test_stopping_while_starting() -> None:
    """Waiting requests learn that the start failed. A later end of start() changes nothing."""
    life = lifespan()
    waiting = asyncio.create_task(life.started())
    await asyncio.sleep(0)
    life.stopping()

    assert not await waiting
    await life.start()
    assert Phase.STOPPING.value == life.phase.value


async def test_without_hooks() -> None:
    """A function without hooks starts and stops."""
    life = lifespan()
    await life.start()
    await life.stop(1)

    assert Phase.SERVING.value == life.phase.value


async def test_start_is_cut_off_from_within() -> None:
    """A CancelledError from something that start() awaits is an error like others."""

    async def start(cfg: dict[str, str]) -> None:
        raise asyncio.CancelledError

    with pytest.raises(FunctionFailed) as caught:
        await lifespan(start).start()

    assert isinstance(caught.value.__cause__, asyncio.CancelledError)


@pytest.mark.parametrize("by_signal", [True, False])
async def test_start_is_cut_off(by_signal: bool) -> None:
    """A start that a signal ends, or that is cancelled, is cancelled at once."""
    stopped: list[str] = []

    async def start(cfg: dict[str, str]) -> None:
        if by_signal:
            raise Stopped
        await asyncio.sleep(60)

    async def stop() -> None:
        stopped.append("stopped")

    life = lifespan(start, stop)
    starting = asyncio.create_task(life.start())
    await asyncio.sleep(0.01)
    assert not starting.done()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await life.stop(1)

    assert ["stopped"] == stopped


@pytest.mark.parametrize(
    "error", [RuntimeError("mine"), asyncio.CancelledError(), SystemExit("mine")]
)
async def test_stop_raises(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """The exception of stop() is logged and kept, and not raised."""

    async def stop() -> None:
        raise error

    life = lifespan(stop=stop)
    await life.stop(1)

    assert type(error) is type(life.failure)
    assert "stop() raised an exception" in caplog.text


async def test_stop_keeps_the_loop_for_too_long(caplog: pytest.LogCaptureFixture) -> None:
    """If stop() blocks the loop for too long, this is logged at its end."""

    async def stop() -> None:
        time.sleep(0.05)  # noqa: ASYNC251 -- as one that is not async does

    life = lifespan(stop=stop)
    await life.stop(0.01)

    assert isinstance(life.failure, TimeoutError)
    assert "stop() took longer than 0.0 s" in caplog.text


class Recorder:
    """An application whose startup can fail."""

    def __init__(self, calls: list[str], *, fails: bool) -> None:
        self._calls = calls
        self._fails = fails

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak the lifespan protocol."""
        self._calls.append((await receive())["type"])
        if self._fails:
            await send({"type": "lifespan.startup.failed"})
            return
        await send({"type": "lifespan.startup.complete"})
        self._calls.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})


@pytest.mark.parametrize(
    ("fails", "expected"),
    [
        (False, ["start", "lifespan.startup", "lifespan.shutdown", "stop"]),
        (True, ["start", "lifespan.startup", "stop"]),
    ],
)
async def test_application(fails: bool, expected: list[str]) -> None:
    """An application starts after start() and stops before stop()."""
    calls: list[str] = []

    async def start(cfg: dict[str, str]) -> None:
        calls.append("start")

    async def stop() -> None:
        calls.append("stop")

    own = ApplicationLifespan(Recorder(calls, fails=fails))
    life = Lifespan(Function(handle, start=start, stop=stop), dict, own)
    assert life.may_take_long
    with pytest.raises(StartupFailed) if fails else nullcontext():
        await life.start()
    await life.stop(1)

    assert expected == calls
    assert life.failure is None


async def test_application_alone() -> None:
    """An application without hooks has the whole time for its shutdown."""
    calls: list[str] = []
    life = Lifespan(Function(handle), dict, ApplicationLifespan(Recorder(calls, fails=False)))
    assert life.may_take_long
    await life.start()
    await life.stop(1)

    assert ["lifespan.startup", "lifespan.shutdown"] == calls
    assert not lifespan().may_take_long


async def test_stop_takes_too_long(caplog: pytest.LogCaptureFixture) -> None:
    """A stop() that takes too long is cancelled, and this is logged."""
    ended = asyncio.Event()

    async def stop() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    await lifespan(stop=stop).stop(0.01)
    await asyncio.wait_for(ended.wait(), 1)

    assert "stop() took longer than 0.0 s and was cut off" in caplog.text
