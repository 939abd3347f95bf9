"""The lifespan of an ASGI application: its startup and shutdown.

The protocol is https://asgi.readthedocs.io/en/latest/specs/lifespan.html. Which functions are
applications is in docs/adr/0016.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from func_runtime.asgi import Handler, Message, Receive, Scope, Send
from func_runtime.errors import FunctionFailed, StartupFailed
from func_runtime.function.loader import RAISED

log = logging.getLogger("func_runtime")

# Seconds for an application to end after its startup has failed.
_AFTER_FAILURE = 1.0


class ApplicationLifespan:
    """Runs an application's lifespan, from startup to shutdown, in one task.

    `state` is what the application stores for its requests. `failure` is an exception after the
    startup, which is logged too.
    """

    def __init__(self, handle: Handler) -> None:
        self.state: dict[str, Any] = {}
        self.failure: BaseException | None = None
        self._handle = handle
        self._events: asyncio.Queue[str] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._decided = asyncio.Event()  # the startup has been answered, or will not be
        self._startup: Message | None = None
        self._shutdown: Message | None = None
        self._serving = False
        self._received = False
        self._misused = False  # it has sent a message that does not belong to this protocol
        self._error: BaseException | None = None

    def handle(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[object]:
        """Call the application with a request. The scope gets a copy of the state."""
        scope["state"] = self.state.copy()
        return self._handle(scope, receive, send)

    async def start(self) -> None:
        """Run the startup. An application that does not support it is served without it.

        :raises FunctionFailed: the startup raised.
        :raises StartupFailed: the application has sent lifespan.startup.failed.
        """
        self._events.put_nowait("lifespan.startup")
        self._task = asyncio.create_task(self._run())
        await self._decided.wait()
        if self._startup is None:
            self._serve_without()
        elif self._startup["type"] == "lifespan.startup.failed" or self._error is not None:
            await self._fail(self._startup, self._task)
        self._serving = True

    async def stop(self, within: float) -> None:
        """Run the shutdown, for at most `within` seconds. Exceptions are logged."""
        if self._task is None or self._task.done():
            return
        if self._startup is None:  # it was cut off
            self._task.cancel()
        else:
            self._events.put_nowait("lifespan.shutdown")
        await asyncio.wait({self._task}, timeout=within)
        if not self._task.done() and self._shutdown is None:
            self.failure = TimeoutError("the application's shutdown took too long")
            log.error("The application's shutdown took longer than %.1f s and was cut off", within)
        self._task.cancel()

    async def _run(self) -> None:
        asgi = {"version": "3.0", "spec_version": "2.0"}
        scope = {"type": "lifespan", "asgi": asgi, "state": self.state}
        try:
            await self._handle(scope, self._receive, self._send)
        except RAISED as error:
            self._error = error
        finally:
            self._decided.set()
            if self._serving:
                self._log_failure()

    async def _receive(self) -> Message:
        kind = await self._events.get()
        self._received = True
        return {"type": kind}

    async def _send(self, message: Message) -> None:
        match message["type"]:
            case "lifespan.startup.complete" | "lifespan.startup.failed" if self._startup is None:
                self._startup = message
                self._decided.set()
            case "lifespan.shutdown.complete" | "lifespan.shutdown.failed" if self._startup:
                self._shutdown = message
            case kind:
                self._misused = True
                raise RuntimeError(f"{kind} is not the next message of a lifespan")

    def _log_failure(self) -> None:
        """Log why the lifespan has ended, if it has failed."""
        if self._error is not None:
            self.failure = self._error
            log.error("The application's lifespan raised an exception", exc_info=self._error)
        elif self._shutdown and self._shutdown["type"] == "lifespan.shutdown.failed":
            self.failure = RuntimeError(str(self._shutdown.get("message", "")))
            log.error("The application's shutdown failed: %s", self.failure)

    def _serve_without(self) -> None:
        """Log that the application is served without its lifespan, as the specification says."""
        if self._received and not self._misused and self._error is not None:
            # Perhaps it supports the protocol, and its startup failed.
            log.warning(
                "The application raised an exception at lifespan.startup, and is served without"
                " lifespan",
                exc_info=self._error,
            )
        else:
            log.debug("The application has no lifespan: %r", self._error)

    async def _fail(self, startup: Message, task: asyncio.Task[None]) -> None:
        await asyncio.wait({task}, timeout=_AFTER_FAILURE)
        task.cancel()
        if self._error is not None:
            raise FunctionFailed("the application's startup") from self._error
        raise StartupFailed(str(startup.get("message", "")))
