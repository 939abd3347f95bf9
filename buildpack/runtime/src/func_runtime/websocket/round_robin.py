"""Shares the loop's time between connections that have a lot to read, and all others."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter

# Of each turn of the loop, for all connections together: a health check takes about five turns, and
# has to be answered within 100 ms on a busy machine.
_SECONDS = 0.001

# Does a little, and says whether there is more to do.
Step = Callable[[], bool]


class RoundRobin:
    """Runs steps of many, one after the other, for a bounded time in each turn of the loop."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()
        self._loop = asyncio.get_running_loop()
        self._going_on = False

    def now(self, step: Step) -> None:
        """Take steps at once if nobody else waits, and go on in the next turns."""
        self._steps.append(step)
        if not self._going_on:
            self._run()

    def soon(self, step: Step) -> None:
        """Take steps from the next turn on."""
        self._steps.append(step)
        if not self._going_on:
            self._going_on = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        end = perf_counter() + _SECONDS
        try:
            while self._steps:
                step = self._steps.popleft()
                if step():
                    self._steps.append(step)
                if perf_counter() > end:
                    break
        finally:  # one that raises must not end the turns of others
            self._going_on = bool(self._steps)
            if self._going_on:
                self._loop.call_soon(self._run)
