"""What all connections of a server share, whichever protocol they speak."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from func_runtime.asgi import Application, Scope
from func_runtime.http import response_head
from func_runtime.http.time_slice import TimeSlice
from func_runtime.settings.trusted_proxies import TrustedProxies
from func_runtime.system import open_files

log = logging.getLogger("func_runtime")

NEVER = float("inf")

# Of the connections that wait for their clients, one in so many is closed when there are too many.
_CLOSED_SHARE = 64
# The log has at most one warning about it in this time.
_WARNING_SECONDS = 60.0


if TYPE_CHECKING:

    class ServedConnection(Protocol):
        """What a server does with a connection, whichever protocol it speaks."""

        transport: asyncio.Transport

        def drain(self) -> None:
            """Take no more requests. Close the connection after those that are here."""
            ...

        def check_deadline(self) -> None:
            """End the connection if its time is over."""
            ...

        def waits_until(self) -> float:
            """Return the deadline if the connection waits for its client, or NEVER."""
            ...


class ServerState:
    """The connections and tasks of a server, its clock, and what all of them use."""

    def __init__(
        self,
        app: Application,
        keep_alive: float,
        websocket: Callable[[Scope], asyncio.Protocol],
        proxies: TrustedProxies,
    ) -> None:
        """Take what connections use.

        :param keep_alive: seconds until an idle connection is closed.
        :param websocket: returns the protocol for a request that opens a WebSocket.
        :param proxies: the proxies whose X-Forwarded headers are used.
        """
        self.app = app
        self.keep_alive = keep_alive
        self.websocket = websocket
        self.proxies = proxies
        self.time_slice = TimeSlice()
        self.connections: set[ServedConnection] = set()
        self.max_connections = open_files.max_connections()
        self.tasks: set[asyncio.Task[None]] = set()
        self._warned_at = -NEVER
        self.tick(0.0)

    def tick(self, now: float) -> None:
        """Take the event loop's time, once a second: for deadlines and for the Date header."""
        self.now = now
        self.idle_deadline = now + self.keep_alive  # of a connection that becomes idle now
        self.date = response_head.DATE + response_head.http_date(time.time())
        for connection in list(self.connections):
            connection.check_deadline()

    def make_room(self) -> None:
        """Close connections that wait for their clients: those whose deadline is next."""
        waiting = sorted(
            (deadline, number, connection)
            for number, connection in enumerate(self.connections)
            if (deadline := connection.waits_until()) < NEVER
        )
        for _, _, connection in waiting[: 1 + len(waiting) // _CLOSED_SHARE]:
            connection.transport.abort()
        if self.now - self._warned_at > _WARNING_SECONDS:
            self._warned_at = self.now
            log.warning(
                "%d connections are open, as many as the limit of open files allows: "
                "those that wait for their clients are closed",
                len(self.connections),
            )
