"""Limits how long one turn of the event loop keeps others waiting: health checks, signals, clients.

An event loop does one thing after the other. Work without a natural end (a response that is sent
without ever waiting, a read that holds thousands of requests) stops when the time slice of the turn
is used up, and goes on in a later turn. All such work shares one time slice a turn, so many
connections do not take many (docs/adr/0013).
"""

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

# A probe may take 100 ms (knative/serving, pkg/queue/readiness), including several turns.
_SECONDS = 0.005

# Reads up to this length are parsed at once.
READ_BYTES = 4 * 1024
_EMPTY = memoryview(b"")


class TimeSlice:
    """What the connections of an event loop have used of its present turn."""

    def __init__(self) -> None:
        self._end = 0.0  # of the time slice; 0 while this turn has had no such work

    def used_up(self) -> bool:
        """Return whether the caller has to wait for a later turn. The first call starts it."""
        now = time.monotonic()
        if not self._end:
            self._end = now + _SECONDS
            # This is called in the next turn, before the work that is put off from this turn.
            asyncio.get_running_loop().call_soon(self._reset)
        return now >= self._end

    def _reset(self) -> None:
        self._end = 0.0


if TYPE_CHECKING:

    class LargeReadConnection(Protocol):
        """What a large read uses of its connection."""

        transport: asyncio.Transport

        def data_received(self, data: bytes) -> None:
            """Parse bytes."""
            ...

        def large_read_done(self) -> None:
            """Go on with what the transport reads."""
            ...


class LargeRead:
    """The part of a large read that is not parsed yet. Nothing else is parsed before it.

    uvloop reads 256 KiB at once. That can be 40,000 chunks of a body, or thousands of requests.
    """

    __slots__ = ("_connection", "_rest", "_time_slice", "is_deferred")

    def __init__(
        self, connection: "LargeReadConnection", data: bytes, time_slice: TimeSlice
    ) -> None:
        self._connection = connection
        self._rest = memoryview(data)
        self._time_slice = time_slice
        self.is_deferred = False  # the rest is parsed in a later turn

    def parse(self) -> None:
        """Parse until the time slice is used up, and the rest in later turns.

        Parts grow: those before were quick, so this is probably one large body.
        """
        size = READ_BYTES
        while self._rest:
            if self._time_slice.used_up():
                self.is_deferred = True
                self._connection.transport.pause_reading()
                asyncio.get_running_loop().call_soon(self.parse)
                return
            part = bytes(self._rest[:size])
            self._rest = self._rest[size:]
            size *= 2
            self._connection.data_received(part)
        self._connection.large_read_done()

    def take_rest(self) -> bytes:
        """Return what is not parsed yet. It is not parsed any more."""
        rest, self._rest = bytes(self._rest), _EMPTY
        return rest
