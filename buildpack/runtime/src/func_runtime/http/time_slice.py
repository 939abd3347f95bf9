"""Bounds how long the event loop is kept from others: health checks, signals, other connections.

An event loop does one thing after the other. Work without a natural end (an answer that is sent
without ever waiting, a request that comes in thousands of pieces) asks here whether it has had its
time, and goes on in a later turn of the loop. All such work of a turn shares one allowance, so that
many connections cannot take many.
"""

import asyncio
import time

# A probe may take 100 ms (knative/serving, pkg/queue/readiness), its own way through the loop
# included.
_SECONDS = 0.005


class Turns:
    """What the connections of an event loop have used of its present turn."""

    def __init__(self) -> None:
        self._end = 0.0  # of the allowance; 0 while this turn has had no such work

    def used_up(self) -> bool:
        """Say whether whoever asks must wait for the next turn. Begins the allowance."""
        now = time.monotonic()
        if not self._end:
            self._end = now + _SECONDS
            # What is called soon is called in the next turn, before what is put off from this one.
            asyncio.get_running_loop().call_soon(self._begin)
        return now >= self._end

    def _begin(self) -> None:
        self._end = 0.0
