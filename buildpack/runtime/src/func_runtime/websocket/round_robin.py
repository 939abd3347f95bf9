"""Shares the event loop's time between connections that have a lot to parse, and all others."""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter

# In each turn of the loop, for all connections together. A health check takes about five turns, and
# has to be answered within 100 ms on a busy machine.
_SECONDS = 0.001

# Does a little. Returns whether there is more to do.
Step = Callable[[], bool]


class RoundRobin:
    """Runs steps of several connections in turn, for a limited time in each turn of the loop."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque()
        self._loop = asyncio.get_running_loop()
        self._is_running = False

    def now(self, step: Step) -> None:
        """Run steps at once if no others wait, and go on in the next turns."""
        self._steps.append(step)
        if not self._is_running:
            self._run()

    def soon(self, step: Step) -> None:
        """Run steps from the next turn on."""
        self._steps.append(step)
        if not self._is_running:
            self._is_running = True
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
        finally:  # if one raises, the others go on
            self._is_running = bool(self._steps)
            if self._is_running:
                self._loop.call_soon(self._run)
