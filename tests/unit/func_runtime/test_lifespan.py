"""The life of a function: hooks once each, phases, who waits."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from func_runtime.asgi import Receive, Scope, Send
from func_runtime.errors import FunctionFailed
from func_runtime.function import Function
from func_runtime.lifespan import Lifespan, Phase

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
    """start(cfg) gets the configuration; after it the function serves."""
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
    """What start() raises is kept; stop() does not run for a function that never started."""

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
    """Who waits for a start learns that it will not come; a late start changes nothing."""
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


@pytest.mark.parametrize("error", [RuntimeError("mine"), asyncio.CancelledError()])
async def test_stop_raises(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    """What stop() raises is logged and goes no further."""

    async def stop() -> None:
        raise error

    await lifespan(stop=stop).stop(1)

    assert "stop() raised an exception" in caplog.text


async def test_stop_takes_too_long(caplog: pytest.LogCaptureFixture) -> None:
    """A stop() beyond its time is cancelled and told."""
    ended = asyncio.Event()

    async def stop() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    await lifespan(stop=stop).stop(0.01)
    await asyncio.wait_for(ended.wait(), 1)

    assert "stop() took longer than 0.0 s and is left behind" in caplog.text
