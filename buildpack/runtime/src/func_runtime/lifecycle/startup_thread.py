"""Opens the port when the start takes long, so that health checks are answered meanwhile.

Most starts end before that: until then there is a thread that waits, and nothing is imported.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from socket import socket, socketpair
from typing import TYPE_CHECKING

from func_runtime.errors import AddressUnavailable
from func_runtime.function.health import Probe

if TYPE_CHECKING:
    from func_runtime.lifecycle.startup_server import StartupServer, Waiting


class WaitingRoom:
    """Where connections are until the function has started.

    `failure` says why it cannot listen.
    """

    def __init__(
        self,
        listening: Sequence[socket],
        probes: Mapping[str, Probe],
        failed: Callable[[], object],
    ) -> None:
        """Take bound sockets, the health checks by path, and what to call if it cannot listen."""
        self.failure: AddressUnavailable | None = None
        self._listening = listening
        self._probes = probes
        self._failed = failed
        self._server: StartupServer | None = None
        self._ending, self._end = socketpair()

    def open(self, after: float) -> None:
        """Begin; the port opens after some seconds.

        :raises RuntimeError: there is no thread to be had.
        """
        self._timer = threading.Timer(after, self._serve)
        self._timer.name = "waiting-room"
        self._timer.daemon = True
        self._timer.start()

    @property
    def is_open(self) -> bool:
        """Say whether the port is open."""
        return self._server is not None and self._server.is_open

    def close(self) -> "list[Waiting]":
        """End, and return the connections that wait. The listening sockets stay as they are."""
        self._timer.cancel()
        self._end.send(b"\0")
        self._timer.join()
        self._end.close()
        self._ending.close()
        return [] if self._server is None else self._server.close()

    def descriptors(self) -> list[int]:
        """Return the file descriptors of all connections that are here."""
        return [] if self._server is None else self._server.descriptors()

    def _serve(self) -> None:
        from func_runtime.lifecycle.startup_server import StartupServer  # noqa: PLC0415 -- see above

        self._server = StartupServer(self._listening, self._probes)
        try:
            self._server.serve(self._ending)
        except AddressUnavailable as failure:
            self.failure = failure
            self._failed()
