"""What work without an end may take of a turn of the event loop."""

import asyncio
import time

import pytest

from func_runtime.http import time_slice
from func_runtime.http.time_slice import READ_BYTES, LargeRead, TimeSlice

pytestmark = pytest.mark.anyio


async def test_allowance_is_shared_and_begins_anew_with_each_turn() -> None:
    """All of a turn have one allowance; the next turn has another."""
    shared = TimeSlice()
    began = time.monotonic()
    first = shared.used_up()
    while not shared.used_up():
        pass
    took = time.monotonic() - began
    others = [shared.used_up() for _ in range(3)]
    await asyncio.sleep(0)

    assert not first
    assert took >= time_slice._SECONDS  # noqa: SLF001 -- what is promised
    assert [True] * 3 == others
    assert not shared.used_up()


async def test_idle_time_is_no_work() -> None:
    """What was not used long ago is not counted."""
    shared = TimeSlice()
    shared.used_up()
    await asyncio.sleep(0.02)

    assert not shared.used_up()


class Endless(TimeSlice):
    """Always has time left."""

    def used_up(self) -> bool:
        """Never say so."""
        return False


class Parts(list[bytes]):
    """A connection that keeps the parts of what it gets."""

    transport: asyncio.Transport
    data_received = list.append
    is_done = False

    def large_read_done(self) -> None:
        """Note the end."""
        self.is_done = True


def test_parts_of_a_large_read_grow() -> None:
    """What is probably one large body is not parsed in small parts."""
    data, parts = bytes(range(256)) * 100, Parts()

    LargeRead(parts, data, Endless()).parse()

    assert [READ_BYTES, 2 * READ_BYTES, len(data) - 3 * READ_BYTES] == [*map(len, parts)]
    assert data == b"".join(parts)
    assert parts.is_done
