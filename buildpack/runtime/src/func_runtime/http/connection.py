"""What a connection does whichever protocol it speaks: back pressure, and a deadline."""

import asyncio
import socket
import struct
from abc import abstractmethod
from typing import cast

from func_runtime.http.server_state import NEVER, ServerState

# For reading on after the last response (RFC 9112, 9.6), so that the client can read it.
_LINGER_SECONDS = 2.0


class Connection(asyncio.Protocol):
    """A connection of a server, until it is closed.

    A client that reads slowly makes the application wait (`congested`). One that reads nothing of
    what is written for `_stall_seconds` is disconnected.
    """

    # An instance with more than 30 attributes is slower without slots (CPython,
    # SHARED_KEYS_MAX_SIZE).
    __slots__ = (
        "_deadline",
        "_is_paused",
        "_loop",
        "_stall_seconds",
        "_unsent",
        "congested",
        "state",
        "transport",
    )

    def __init__(self, state: ServerState, stall_seconds: float) -> None:
        self.state = state
        self.transport: asyncio.Transport
        self.congested: asyncio.Event | None = None  # while the client reads too slowly
        self._loop = asyncio.get_running_loop()
        self._stall_seconds = stall_seconds
        self._is_paused = False  # enough is received for now
        self._unsent = 0  # bytes, when the deadline was checked last
        self._deadline = NEVER

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are not subclasses
        self.state.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- any cause is the same
        """Note that the connection has ended. What waits for the client stops waiting."""
        self.state.connections.discard(self)
        self.resume_writing()

    def pause_writing(self) -> None:
        """Note that the client reads more slowly than the application writes."""
        self.congested = asyncio.Event()
        self._unsent = 0
        self._deadline = self.state.now + self._stall_seconds

    def resume_writing(self) -> None:
        """Note that the client has caught up."""
        if self.congested is not None:
            self.congested.set()
            self.congested = None

    # What the server calls.

    @abstractmethod
    def drain(self) -> None:
        """Take no more requests. Close after those that are here."""

    def waits_until(self) -> float:
        """Return the deadline if this connection waits for its client, or NEVER."""
        return NEVER

    def check_deadline(self) -> None:
        """End the connection if its time is over."""
        if self.state.now < self._deadline:
            return
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = unsent
        if not unsent:
            self._deadline_over()
        elif unsent != before:
            self._deadline = self.state.now + self._stall_seconds  # it reads, but slowly
        else:
            self.transport.abort()

    # What a protocol calls.

    @abstractmethod
    def _deadline_over(self) -> None:
        """End the connection, or set another deadline. All that was written is sent."""

    def _close_lingering(self) -> None:
        """Close after what is written. What the client still sends is read for a while.

        Otherwise the connection would be reset, and the client could lose what was written.
        """
        self.transport.write_eof()
        self._deadline = self.state.now + _LINGER_SECONDS

    def _abort_response(self, http_version: str) -> None:
        """End so that the client sees that its response is not complete."""
        if http_version == "1.0":
            # A normal close would look like the end of the body (RFC 9112, 6.3): reset.
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()
            # What is written may still arrive, but is not waited for much longer.
            self._loop.call_later(_LINGER_SECONDS, self.transport.abort)


def address(found: tuple[str, int] | None) -> tuple[str, int] | None:
    """Return host and port of a socket's address; one of IPv6 has more parts."""
    return found and (found[0], found[1])
