"""Opens the port if the start takes long, so that health checks are answered in the meantime.

Most starts end before that. Until then the thread only waits, and its server is not imported.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from socket import socket, socketpair
from typing import TYPE_CHECKING

from func_runtime.errors import AddressUnavailable
from func_runtime.function.health import Probe

if TYPE_CHECKING:
    from func_runtime.lifecycle.startup_server import HeldConnection, StartupServer


class StartupThread:
    """Serves the sockets until the function has started.

    `failure` is set if it cannot listen.
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

    def start(self, after: float) -> None:
        """Start the thread. The port opens after so many seconds.

        :raises RuntimeError: there can be no thread.
        """
        self._timer = threading.Timer(after, self._serve)
        self._timer.name = "func_runtime-startup"
        self._timer.daemon = True
        self._timer.start()

    @property
    def is_open(self) -> bool:
        """Whether the port is open."""
        return self._server is not None and self._server.is_open

    def close(self) -> "list[HeldConnection]":
        """End, and return the connections that wait. The listening sockets stay open."""
        self._timer.cancel()
        self._end.send(b"\0")
        self._timer.join()
        self._end.close()
        self._ending.close()
        return [] if self._server is None else self._server.close()

    def descriptors(self) -> list[int]:
        """Return the file descriptors of all connections."""
        return [] if self._server is None else self._server.descriptors()

    def _serve(self) -> None:
        from func_runtime.lifecycle.startup_server import StartupServer  # noqa: PLC0415 -- see the top

        self._server = StartupServer(self._listening, self._probes)
        try:
            self._server.serve(self._ending)
        except AddressUnavailable as failure:
            self.failure = failure
            self._failed()
