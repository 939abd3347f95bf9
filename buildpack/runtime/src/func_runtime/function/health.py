"""Answers liveness and readiness checks in time, whatever the function's own checks do.

Knative's queue-proxy waits 100 ms for a readiness probe while a container starts, and then asks
again (knative/serving, pkg/queue/readiness). So a check that takes longer would never succeed. Here
a check goes on in the background, and its result answers the next probe.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from func_runtime.function.adapter import Function, Hook
from func_runtime.function.lifespan import Lifespan, Phase
from func_runtime.function.loader import RAISED

log = logging.getLogger("func_runtime")

# A probe waits this long for the function's own check.
PATIENCE = 0.06
# A result is used this long for probes that could not wait: three of kubelet's default periods.
FRESH = 30.0
# A check that runs this long has failed.
HUNG = 30.0


class Status(NamedTuple):
    """The answer to a probe."""

    healthy: bool
    message: str = "OK"


Probe = Callable[[], Awaitable[Status]]


class Health:
    """The health checks of a function, in all phases of its life."""

    def __init__(self, function: Function, lifespan: Lifespan) -> None:
        self._lifespan = lifespan
        unknown_alive = Status(healthy=True, message="Not checked yet")
        unknown_ready = Status(healthy=False, message="Not checked yet")
        self._alive = function.alive and Check("alive()", function.alive, unknown_alive)
        self._ready = function.ready and Check("ready()", function.ready, unknown_ready)

    async def liveness(self) -> Status:
        """Return whether the process should go on. It should while the function starts or stops."""
        if self._lifespan.phase is not Phase.SERVING or self._alive is None:
            return Status(healthy=True)
        return await self._alive.status()

    async def readiness(self) -> Status:
        """Return whether requests should be sent here."""
        if self._lifespan.phase is not Phase.SERVING:
            return Status(healthy=False, message=f"The function is {self._lifespan.phase.value}")
        if self._ready is None:
            return Status(healthy=True)
        return await self._ready.status()


class Check:
    """A hook that runs once at a time, and is waited for no longer than PATIENCE."""

    def __init__(self, name: str, hook: Hook, unknown: Status) -> None:
        self._name = name
        self._hook = hook
        self._unknown = unknown
        self._running: asyncio.Task[None] | None = None
        self._began = 0.0
        self._answer: Status | None = None
        self._answered = 0.0
        self._failure = ""

    async def status(self) -> Status:
        """Return the result of the hook, or its last result if it takes longer."""
        clock = asyncio.get_running_loop().time
        if self._running is None:
            self._began = clock()
            self._running = asyncio.create_task(self._run())
        await asyncio.wait({self._running}, timeout=PATIENCE)
        if self._running.done():
            self._running = None
        elif clock() - self._began > HUNG:
            return Status(healthy=False, message="The check does not finish")
        if self._answer is None or clock() - self._answered > FRESH:
            return self._unknown
        return self._answer

    async def _run(self) -> None:
        try:
            self._answer = read_answer(await self._hook())
            self._failure = ""
        except RAISED as error:
            self._log_failure(error)
            self._answer = Status(healthy=False, message="The check failed")
        self._answered = asyncio.get_running_loop().time()

    def _log_failure(self, error: BaseException) -> None:
        """Log a failure if it differs from the last one: probes are frequent."""
        failure = repr(error)
        if failure != self._failure:
            log.error("%s raised an exception", self._name, exc_info=error)
        self._failure = failure


def read_answer(answer: object) -> Status:
    """Return the status for a hook's result: a bool, a message, or both. None is unhealthy."""
    match answer:
        case (healthy, message):
            return Status(bool(healthy), str(message))
        case str():
            return Status(healthy=True, message=answer)
        case _:
            healthy = bool(answer)
            return Status(healthy, "OK" if healthy else "Not OK")
