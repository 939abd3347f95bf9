"""Threads for code that is not async."""

import asyncio
import contextvars
import threading
import time

import pytest

from func_runtime.threads import Threads

pytestmark = pytest.mark.anyio

NAME: contextvars.ContextVar[str] = contextvars.ContextVar("NAME")


async def test_context_is_the_callers() -> None:
    """Context variables of the caller are there in the thread, and stay its own."""
    NAME.set("caller")

    def seen() -> str:
        before = NAME.get()
        NAME.set("thread")
        return before

    assert "caller" == await Threads("t", 1).run(seen)
    assert "caller" == NAME.get()


async def test_no_more_than_asked_for() -> None:
    """No more calls run at a time than there are threads."""

    def work() -> str:
        time.sleep(0.01)
        return threading.current_thread().name

    threads = Threads("t", 2)
    names = await asyncio.gather(*(threads.run(work) for _ in range(5)))

    assert {"t_0", "t_1"} == set(names)
