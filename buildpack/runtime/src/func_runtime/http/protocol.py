"""The asyncio protocol of a connection that speaks HTTP/1.1.

There is neither HTTP/2 nor TLS: a proxy of the platform in front of the function has both.
"""

import asyncio
import logging
import sys
from collections import deque

from httptools import HttpParserError, HttpParserUpgrade

from func_runtime.asgi import Scope
from func_runtime.http import request_head, response_head
from func_runtime.http.connection import Connection, address
from func_runtime.http.cycle import RequestResponseCycle
from func_runtime.http.request_reader import RequestReader
from func_runtime.http.server_state import NEVER, ServerState
from func_runtime.http.time_slice import READ_BYTES, LargeRead

log = logging.getLogger("func_runtime")

# Requests that a client may send before it has the first response.
_MAX_PIPELINED = 64
# From the first byte of a head to its end.
_HEAD_SECONDS = 20.0


class HttpProtocol(Connection):
    """A connection: reads requests, and runs them one after the other.

    States, each with its time limit::

            first byte           head complete
       IDLE ──────────► READING ──────────────► ANSWERING ──┐
        ▲ keep_alive    │ 20 s                  │ │         │ the last response
        │               │                       │ │         │ is complete
        └───────────────┼─── response complete ─┘ │         ▼
                        │                         │      CLOSING
                        │ not HTTP, or too slow   │         ▲ 2 s
                        └──► REJECTING ───────────┼─────────┘
                             error status         ▼ abort: the response is cut off

    More requests may be read while ANSWERING, and wait. An IDLE connection becomes a WebSocket's if
    its client asks for that. A connection ends in one of four ways, which have the same names
    wherever they are called:

    - `drain`: no more requests are taken, then close after those that are here.
    - `reject`: what is not a request is answered with an error status, then close.
    - `close`: what is written is sent, and nothing more is answered.
    - `abort`: at once, so that the client sees that the response is not complete.
    """

    __slots__ = ("_is_closing", "_large_read", "_reader", "_rejection", "_running", "_waiting")

    def __init__(self, state: ServerState) -> None:
        super().__init__(state, stall_seconds=state.keep_alive)
        # What is received.
        self._large_read: LargeRead | None = None
        # What is answered.
        self._waiting: deque[RequestResponseCycle] = deque()
        self._running: RequestResponseCycle | None = None
        # How it ends.
        self._is_closing = False  # no more requests are read
        self._rejection = 0  # the status for what is not a request
        self._deadline = state.idle_deadline

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Become IDLE."""
        if len(self.state.connections) >= self.state.max_connections:
            self.state.make_room()
        super().connection_made(transport)
        server = address(transport.get_extra_info("sockname"))
        client = address(transport.get_extra_info("peername"))
        self._reader = RequestReader(self, self.state.proxies, server, client)

    def data_received(self, data: bytes) -> None:
        """Read requests, and run the first one if none is running. A large read calls this too."""
        if self._is_closing:
            return
        reader = self._reader
        if len(data) > READ_BYTES and self._large_read is None and not reader.is_in_plain_body():
            self._large_read = LargeRead(self, data, self.state.time_slice)
            self._large_read.parse()
            return
        try:
            reader.feed(data)
        except HttpParserUpgrade as offer:
            self._upgrade(data[offer.args[0] :])
            return
        except HttpParserError as error:
            self._give_up(error)
            return
        if self._waiting and self._running is None:
            self._run(self._waiting.popleft())
        if reader.unfinished:
            self._limit_head(is_first=reader.unfinished == len(data))

    def resume_writing(self) -> None:
        """Note that the client has caught up."""
        if self._running is not None:
            self._deadline = NEVER
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Become CLOSED."""
        self._is_closing = True
        if self._large_read is not None:
            self._large_read.take_rest()
            self._large_read = None
        self._waiting.clear()
        if self._running is not None:
            self._running.disconnect()
        super().connection_lost(exc)
        self._running = None
        self._reader.release()

    # What the server calls.

    def drain(self) -> None:
        """Take no more requests. Close after those that are here."""
        if last := self._waiting[-1] if self._waiting else self._running:
            last.keep_alive = False
        else:
            self.transport.close()

    def waits_until(self) -> float:
        """Return the deadline if this connection waits for its client."""
        if self._deadline < NEVER:
            return self._deadline
        # A request whose body has not arrived: after all that have a deadline.
        current = self._reader.current
        return sys.float_info.max if current is not None and not current.received else NEVER

    def _deadline_over(self) -> None:
        if self._is_closing:
            self.transport.abort()
        elif self._reader.unfinished:
            self._reject(response_head.REQUEST_TIMEOUT)
        else:
            self.transport.close()

    # What request_reader and time_slice call.

    def enqueue(self, cycle: RequestResponseCycle) -> None:
        """Take a request. A client that sends more of them than it has responses has to wait.

        :raises RequestRejected: too many requests are waiting.
        """
        if self._running is not None or self._waiting:
            self.pause_reading()
            if len(self._waiting) >= _MAX_PIPELINED:
                raise request_head.RequestRejected(response_head.TOO_MANY_REQUESTS)
        self._waiting.append(cycle)

    def pause_reading(self) -> None:
        """Receive nothing more for now."""
        if not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()

    def large_read_done(self) -> None:
        """Receive more, unless there is enough."""
        large_read, self._large_read = self._large_read, None
        if large_read is not None and large_read.is_deferred and not self._is_paused:
            self.transport.resume_reading()

    # What a request calls.

    def finished(self, cycle: RequestResponseCycle) -> None:
        """Go on after a complete response: with the next request, or IDLE, or CLOSING."""
        self._running = None
        if not cycle.keep_alive:
            self.close()
        elif self._waiting:
            # Not at once: this is within the application's call, and there may be many requests.
            self._loop.call_soon(self._run_next)
        elif self._rejection:
            self._write_rejection()
        else:
            state, unfinished = self.state, self._reader.unfinished
            self._deadline = state.now + _HEAD_SECONDS if unfinished else state.idle_deadline
            if self._is_paused:
                self.resume_reading()

    def resume_reading(self) -> None:
        """Receive more, unless there are requests enough."""
        if self._is_paused and not self._waiting:
            self._is_paused = False
            if self._large_read is None or not self._large_read.is_deferred:
                self.transport.resume_reading()

    # How it ends.

    def _give_up(self, error: HttpParserError) -> None:
        """Reject what is not a request, unless the connection has been closed for it."""
        if not self._is_closing:
            log.debug("Not HTTP: %s", request_head.reason(error))
            self._reject(request_head.rejection_status(error))

    def _limit_head(self, *, is_first: bool) -> None:
        """Limit the size of an unfinished part of a request, and the time that a head takes."""
        if status := self._reader.excess():
            self._reject(status)
        elif is_first and self._running is None:
            self._deadline = self.state.now + _HEAD_SECONDS

    def _reject(self, status: int) -> None:
        """Answer what is not a request, after the requests before it."""
        self._is_closing = True
        self._rejection = status
        current = self._reader.current
        if current is not None and not current.received:
            if self._waiting:
                self._waiting.pop()
            elif current.on_the_wire:
                self.abort(current)
                return
            else:
                current.disconnect()
                self._running = None
        if self._waiting:
            self._run_next()
        elif self._running is None:
            self._write_rejection()

    def _write_rejection(self) -> None:
        self.transport.write(response_head.rejection(self._rejection, self.state.date))
        self.close()

    def close(self) -> None:
        """Close after what is written.

        If the client may still be sending, what it sends is read and dropped for a while: otherwise
        the connection would be reset, and the client could lose the response (RFC 9112, 9.6).
        """
        self._is_closing = True
        self._waiting.clear()
        current = self._reader.current
        if self._rejection or not (current and current.received):
            self.resume_reading()
            self._close_lingering()
        else:
            self.transport.close()
            self._deadline = self.state.idle_deadline

    def abort(self, cycle: RequestResponseCycle) -> None:
        """End so that the client sees that the response is not complete."""
        if cycle.gone:
            return
        cycle.disconnect()
        self._waiting.clear()
        self._abort_response(cycle.scope["http_version"])

    # How requests run.

    def _run_next(self) -> None:
        if self._running is None and self._waiting:
            self._run(self._waiting.popleft())

    def _run(self, cycle: RequestResponseCycle) -> None:
        self._running = cycle
        if self.congested is None:
            self._deadline = NEVER
        if self._is_paused:
            self.resume_reading()
        cycle.run(self.state, self._loop)

    def _upgrade(self, rest: bytes) -> None:
        """Handle a request that offers another protocol; `rest` is what came after its head."""
        from func_runtime.http import upgrade  # noqa: PLC0415 -- few functions get such requests

        scope = self._waiting.pop().scope
        self._reader.current = None
        is_alone = self._running is None and not self._waiting
        try:
            if upgrade.accepts(scope, is_alone=is_alone):
                self._hand_over(scope, rest)
                return
            # The parser takes what follows the head for another protocol, the body too. So it gets
            # the head again, without the offer.
            self._reader.read_again(scope, upgrade.head_without_offer(scope))
        except HttpParserError as error:
            self._give_up(error)
        else:
            self.data_received(rest)

    def _hand_over(self, scope: Scope, rest: bytes) -> None:
        """Leave the connection to a WebSocket protocol, with what came after the request."""
        self.state.connections.discard(self)
        self._reader.release()
        received = rest + self._large_read.take_rest() if self._large_read else rest
        self.large_read_done()
        protocol = self.state.websocket(scope)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if received:
            protocol.data_received(received)
