"""Threads for code that is not async."""

import asyncio
import contextvars
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from func_runtime.function.threads import Threads, default_count

pytestmark = pytest.mark.anyio

NAME: contextvars.ContextVar[str] = contextvars.ContextVar("NAME")


async def test_context_is_the_callers() -> None:
    """The thread gets the caller's context variables. Its changes do not affect the caller."""
    NAME.set("caller")

    def seen() -> str:
        before = NAME.get()
        NAME.set("thread")
        return before

    assert "caller" == await Threads("t", 1).run(seen)
    assert "caller" == NAME.get()


async def test_no_more_than_asked_for() -> None:
    """The number of threads limits the calls that run at the same time."""

    def work() -> str:
        time.sleep(0.01)
        return threading.current_thread().name

    two = Threads("t", 2)
    names = await asyncio.gather(*(two.run(work) for _ in range(5)))

    assert {"t_0", "t_1"} == set(names)


@contextmanager
def no_threads() -> Iterator[None]:
    """Prevent new threads: a stack of this size uses all addresses."""
    before = threading.stack_size(1 << 47)
    try:
        yield
    finally:
        threading.stack_size(before)


async def test_calls_wait_for_the_threads_that_there_are() -> None:
    """If the system has no more threads, calls wait for a busy one."""
    release = threading.Event()
    several = Threads("t", 4)
    first = asyncio.create_task(several.run(release.wait, 9))
    await asyncio.sleep(0)
    with no_threads():
        others = [asyncio.create_task(several.run(threading.get_ident)) for _ in range(3)]
        await asyncio.sleep(0.02)
        assert [False] * 3 == [other.done() for other in others]
        release.set()

        assert 1 == len(set(await asyncio.gather(*others)))
    assert True is await first


async def test_calls_wait_for_the_first_thread() -> None:
    """If the system has no thread at all, calls wait for the first one, and run once."""
    calls: list[int] = []
    several = Threads("t", 4)
    with no_threads():
        waiting = asyncio.create_task(several.run(calls.append, 1))
        given_up = asyncio.create_task(several.run(calls.append, 2))
        await asyncio.sleep(0.02)
        given_up.cancel()
        await asyncio.wait([given_up])
        assert not waiting.done()
    await waiting
    await several.run(calls.append, 3)

    assert [1, 3] == calls


async def test_as_many_as_suit() -> None:
    """Without a number, there are at least as many threads as any limit allows."""
    both = threading.Barrier(16)
    unbounded = Threads("t")

    await asyncio.gather(*(unbounded.run(both.wait, 9) for _ in range(16)))


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("max 100000", 32),
        ("100000 100000", 32),
        ("10000 100000", 16),
        ("50000 100000", 16),
        ("75000 100000", 24),
        ("200000 100000", 64),
        ("6400000 100000", 128),
        ("", 32),
        ("100000 0", 32),
    ],
)
@pytest.mark.row("R31")
async def test_default_count(limit: str, expected: int, tmp_path: Path) -> None:
    """The number of threads depends on the CPU limit, within bounds."""
    (tmp_path / "cpu.max").write_text(f"{limit}\n")

    assert expected == default_count(str(tmp_path))


@pytest.mark.parametrize(("quota", "expected"), [("-1", 32), ("200000", 64)])
async def test_default_count_in_cgroup_1(quota: str, expected: int, tmp_path: Path) -> None:
    """The first version of cgroups has the limit in two files."""
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")

    assert expected == default_count(str(tmp_path))


async def test_default_count_without_a_cgroup(tmp_path: Path) -> None:
    """Without a readable limit, there is none."""
    assert 32 == default_count(str(tmp_path / "nowhere"))
