"""The limit for endless work in a turn of the event loop."""

import asyncio
import time

import pytest

from func_runtime.http import time_slice
from func_runtime.http.time_slice import READ_BYTES, LargeRead, TimeSlice

pytestmark = pytest.mark.anyio


async def test_time_slice_is_shared_and_new_in_each_turn() -> None:
    """All work in a turn shares one time slice. The next turn has a new one."""
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
    """Idle time does not count as work."""
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
    """The parts of a large read grow, because it is probably one large body."""
    data, parts = bytes(range(256)) * 100, Parts()

    LargeRead(parts, data, Endless()).parse()

    assert [READ_BYTES, 2 * READ_BYTES, len(data) - 3 * READ_BYTES] == [*map(len, parts)]
    assert data == b"".join(parts)
    assert parts.is_done
