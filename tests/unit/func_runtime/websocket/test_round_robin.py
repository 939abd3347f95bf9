"""Work of several connections, in turns of the loop."""

import asyncio
from collections.abc import Callable
from time import perf_counter

import pytest

from func_runtime.websocket.round_robin import RoundRobin

pytestmark = pytest.mark.anyio


def counting(done: list[str], name: str, steps: int, seconds: float = 0.0) -> Callable[[], bool]:
    """Return a step that ends after a number of calls, each with a duration."""

    def step() -> bool:
        end = perf_counter() + seconds
        while perf_counter() < end:
            pass
        done.append(name)
        return done.count(name) < steps

    return step


async def test_now() -> None:
    """Short work is done at once."""
    done: list[str] = []
    turns = RoundRobin()
    turns.now(counting(done, "a", 3))
    turns.now(counting(done, "b", 1))

    assert ["a", "a", "a", "b"] == done


async def test_soon() -> None:
    """Work for `soon` is not done within the call."""
    done: list[str] = []
    turns = RoundRobin()
    turns.soon(counting(done, "a", 2))
    turns.soon(counting(done, "b", 2))
    assert [] == done
    await asyncio.sleep(0)

    assert ["a", "b", "a", "b"] == done


async def test_long_work() -> None:
    """Long work is done in several turns of the loop, in turn with others."""
    done: list[str] = []
    turns = RoundRobin()
    turns.now(counting(done, "a", 3, seconds=0.003))
    turns.now(counting(done, "b", 2, seconds=0.003))
    assert ["a"] == done
    for _ in range(10):
        done.append("loop")
        await asyncio.sleep(0)

    assert ["a", "loop", "a", "loop", "b", "loop", "a", "loop", "b"] == done[:9]
    assert 3 + 2 + 10 == len(done)


async def test_error() -> None:
    """A step that raises is dropped, and the others go on."""
    done: list[str] = []
    caught: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: caught.append(context))
    turns = RoundRobin()

    def failing() -> bool:
        raise ValueError

    turns.soon(failing)
    turns.soon(counting(done, "a", 2))
    for _ in range(3):
        await asyncio.sleep(0)

    assert ["a", "a"] == done
    assert [ValueError] == [type(context["exception"]) for context in caught]
