"""Speaks HTTP/1.1 on a connection: which requests there are, in which order they are answered.

What the application sees of a request is in exchange. It speaks neither HTTP/2 nor TLS: in front of
a function is a proxy of the platform's that does.
"""

import asyncio
import logging
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, cast

from httptools import (
    HttpParserError,
    HttpParserUpgrade,
    HttpRequestParser,
    parse_url,
)

from func_runtime import response_head
from func_runtime.asgi import Application, Scope
from func_runtime.exchange import Exchange

log = logging.getLogger("func_runtime")

# What a request may take before it is one: far above what proxies in front let through by default.
_URL_BYTES = 16 * 1024
_HEAD_BYTES = 64 * 1024
_HEADERS = 256
# What uvloop reads at once.
_READ_BYTES = 256 * 1024
# Requests that a client may send before it has seen the first answer.
_PIPELINED = 64
# Seconds for a head, from its first byte on.
_HEAD_SECONDS = 20.0
# Seconds to read on after the last answer (RFC 9112, 9.6), so that the client gets to read that.
_LINGER_SECONDS = 2.0
_NEVER = float("inf")

_SLASH, _NUMBER_SIGN = b"/#"  # numbers: bytes look for bytes ten times as slowly

_BAD_REQUEST = 400
_REQUEST_TIMEOUT = 408
_URI_TOO_LONG = 414
_TOO_MANY_REQUESTS = 429
_HEADER_FIELDS_TOO_LARGE = 431
_VERSION_NOT_SUPPORTED = 505

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

# A handler that waits for nothing is done before the loop turns again (Python 3.12 and above).
_EAGER: dict[str, Any] = {"eager_start": True} if sys.version_info >= (3, 12) else {}
_task: Callable[..., asyncio.Task[None]] = partial(asyncio.Task, **_EAGER)


class Connection(Protocol):
    """What the server needs of one, whatever is spoken on it."""

    transport: asyncio.Transport

    def shutdown(self) -> None:
        """Take no more requests, and close when those that are here are answered."""
        ...

    def expire(self) -> None:
        """Close if its time is over."""
        ...


class State:
    """What the connections of a server share, whatever is spoken on them."""

    def __init__(
        self, app: Application, keep_alive: float, websocket: Callable[[Scope], asyncio.Protocol]
    ) -> None:
        """Take the application, the seconds for an idle connection, and what speaks WebSocket:
        a protocol for the scope of the request that asks for it.
        """  # noqa: D205 -- one sentence more than a line holds
        self.app = app
        self.keep_alive = keep_alive
        self.websocket = websocket
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.tick(0.0)

    def tick(self, now: float) -> None:
        """Take the loop's time, once a second: for the Date header and for all time limits."""
        self.now = now
        self.date = response_head.DATE + http_date(time.time())
        for connection in list(self.connections):
            connection.expire()


def http_date(seconds: float) -> bytes:
    """Return a time as HTTP has it (RFC 9110, 5.6.7); a locale does not change it."""
    at = time.gmtime(seconds)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    return time.strftime(f"{day}, %d {month} %Y %H:%M:%S GMT", at).encode()


class HttpProtocol(asyncio.Protocol):
    """A connection. Reads requests, runs them one after the other, and ends in time."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._loop = asyncio.get_running_loop()
        self.congested: asyncio.Event | None = None  # set again when the client has caught up
        # The request whose head is being read.
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        # Bytes of reads in which no piece of a request (head, part of a body, end) was completed,
        # with the read in which what is not complete began.
        self._fed = 0
        self._moved = False  # this read has completed a piece
        # The requests that are whole, or have at least a whole head.
        self._reading: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._running: Exchange | None = None
        self._paused = False
        # The end.
        self._deaf = False  # what comes is read, but no more requests
        self._refusal = 0  # the status for what was no request
        self._unsent = 0  # bytes, when the time was up for the first time
        self._deadline = state.now + state.keep_alive

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's are no subclasses
        self._parser = HttpRequestParser(self)
        self._server = _address(transport.get_extra_info("sockname"))
        self._client = _address(transport.get_extra_info("peername"))
        self.state.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Read requests, and run the first that is there if none runs."""
        if self._deaf:
            return
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as offer:
            self._upgrade(data[offer.args[0] :])
            return
        except HttpParserError as error:
            log.debug("Not HTTP: %s", error)
            self._refuse(self._refusal or _BAD_REQUEST)
            return
        if self._moved:
            self._moved = False
            self._fed = len(data) if self._url else 0
        if self._waiting and self._running is None:
            self._next()
        if self._fed:
            self._limit(len(data))

    def pause_writing(self) -> None:
        """Note that the client reads more slowly than the application writes."""
        self.congested = asyncio.Event()
        self._unsent = 0
        self._deadline = self.state.now + self.state.keep_alive

    def resume_writing(self) -> None:
        """Note that it has caught up."""
        if self._running is not None:
            self._deadline = _NEVER
        if self.congested is not None:
            self.congested.set()
            self.congested = None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- why is the same
        """End: whoever waits for the client waits no longer."""
        self.state.connections.discard(self)
        self._waiting.clear()
        if self._running is not None:
            self._running.disconnect()
        self.resume_writing()
        self._forget()

    # What the server calls.

    def shutdown(self) -> None:
        """Take no more requests, and close when those that are here are answered."""
        last = self._waiting[-1] if self._waiting else self._running
        if last is None:
            self.transport.close()
        else:
            last.keep_alive = False

    def expire(self) -> None:
        """Close the connection if it has had its time."""
        if self.state.now < self._deadline:
            return
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = unsent
        if unsent and unsent != before:
            self._deadline = self.state.now + self.state.keep_alive  # it reads, if slowly
        elif unsent or self._deaf:
            self.transport.abort()
        elif self._fed:
            self._refuse(_REQUEST_TIMEOUT)
        else:
            self.transport.close()

    # What the parser calls, within feed_data. What it raises, data_received gets.

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Make a request of what was read."""
        url, headers = self._url, self._headers
        self._url, self._headers, self._moved = b"", [], True
        # Most clients send it first. RFC 9112, 3.2: a request without is refused.
        if not (headers and headers[0][0] == b"host"):
            self._look_for_host(headers)
        if (self._fed > _URL_BYTES or len(headers) > _HEADERS) and (
            excess := _excess(url, headers)
        ):
            self._reject(excess)
        parser = self._parser
        version = parser.get_http_version()
        if version != "1.1" and version != "1.0":  # noqa: PLR1714 -- twice as fast as a set
            self._reject(_VERSION_NOT_SUPPORTED)
        raw_path, query = _split(url)
        path = raw_path.decode("ascii")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "server": self._server,
            "client": self._client,
            "scheme": "http",
            "method": parser.get_method().decode("ascii"),
            "root_path": "",
            "path": _unquote(path) if "%" in path else path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": headers,
            "state": {},
        }
        if self._running is not None or self._waiting:
            self._queue()
        # Of HTTP/1.0, keep-alive is left out: what speaks it today opens a connection a request.
        keep_alive = version == "1.1" and parser.should_keep_alive()
        self._reading = exchange = Exchange(self, scope, keep_alive)
        self._waiting.append(exchange)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._moved = True
        reading = self._reading
        assert reading is not None
        if not (reading.completed or reading.gone) and reading.add_body(body):
            self._pause_reading()

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        self._moved = True
        if self._headers:
            self._headers = []  # trailers, for which ASGI has no place
        assert self._reading is not None
        self._reading.end_body()

    # What an exchange calls.

    def finished(self, exchange: Exchange) -> None:
        """Go on after a response: with the next request, or idle, or to the end."""
        self._running = None
        if not exchange.keep_alive:
            self._hang_up()
        elif self._waiting:
            # Not here: this is within the application's call, and there may be many.
            self._loop.call_soon(self._next)
        elif self._refusal:
            self._answer_refusal()
        else:
            limit = _HEAD_SECONDS if self._fed else self.state.keep_alive
            self._deadline = self.state.now + limit
            if self._paused:
                self.resume_reading()

    def abort(self, exchange: Exchange) -> None:
        """End the connection so that the client sees that the response is not whole."""
        if exchange.gone:
            return
        exchange.disconnect()
        self._waiting.clear()
        if exchange.scope["http_version"] == "1.0":
            # An end in order would look like the end of the body (RFC 9112, 6.3): reset.
            sock = self.transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()
            # What is written may still arrive, but nobody waits for it for long.
            self._loop.call_later(_LINGER_SECONDS, self.transport.abort)

    def resume_reading(self) -> None:
        """Read on, unless there are requests enough."""
        if self._paused and not self._waiting:
            self._paused = False
            self.transport.resume_reading()

    # Within.

    def _next(self) -> None:
        """Run the request that has waited longest, if none runs."""
        if self._running is not None or not self._waiting:
            return
        self._running = exchange = self._waiting.popleft()
        if self.congested is None:
            self._deadline = _NEVER
        if self._paused:
            self.resume_reading()
        task = _task(
            self.state.app(exchange.scope, exchange.receive, exchange.send), loop=self._loop
        )
        if task.done():
            exchange.ended(task)
        else:
            self.state.tasks.add(task)
            task.add_done_callback(exchange.ended)

    def _pause_reading(self) -> None:
        if not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def _look_for_host(self, headers: list[tuple[bytes, bytes]]) -> None:
        named = any(name == b"host" for name, _ in headers)
        if not named and self._parser.get_http_version() == "1.1":
            self._reject(_BAD_REQUEST)

    def _queue(self) -> None:
        """Make the client wait with more requests than it has answers."""
        self._pause_reading()
        if len(self._waiting) >= _PIPELINED:
            self._reject(_TOO_MANY_REQUESTS)

    def _reject(self, status: int) -> None:
        """End the parser's work with a status.

        :raises HttpParserError: always.
        """
        self._refusal = status
        raise HttpParserError(f"refused with {status}")

    def _limit(self, read: int) -> None:
        """Bound what is between whole pieces of requests: its bytes, and a head's time.

        `read` bytes were the last.
        """
        excess = _excess(self._url, self._headers)
        if not excess and self._fed > _HEAD_BYTES + _READ_BYTES:
            excess = _HEADER_FIELDS_TOO_LARGE
        if excess:
            self._refuse(excess)
        elif self._fed == read and self._running is None:
            self._deadline = self.state.now + _HEAD_SECONDS

    def _upgrade(self, rest: bytes) -> None:
        """Begin a WebSocket, or go on as if nothing else had been offered (RFC 9110, 7.8).

        The parser takes what follows the head for another protocol, the body too; so it gets the
        head again, without the offer.
        """
        scope = self._waiting.pop().scope
        idle = self._running is None and not self._waiting
        if idle and _offers_websocket(scope):
            self._hand_over(scope, rest)
            return
        self._parser = HttpRequestParser(self)
        headers = scope["headers"]
        plain = [(name, value) for name, value in headers if name != b"upgrade"]
        try:
            if scope["method"] == "CONNECT":
                self._reject(_BAD_REQUEST)
            self._parser.feed_data(_head(scope, plain))
        except HttpParserError:
            self._refuse(_BAD_REQUEST)
            return
        assert self._reading is not None
        self._reading.scope["headers"] = headers
        self.data_received(rest)

    def _hand_over(self, scope: Scope, rest: bytes) -> None:
        """Leave the connection to a WebSocket protocol, with what came after the request."""
        self.state.connections.discard(self)
        self._forget()
        protocol = self.state.websocket(scope)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if rest:
            protocol.data_received(rest)

    def _forget(self) -> None:
        """Let go of what holds this object, so that it needs no garbage collector."""
        del self._parser
        self._reading = self._running = None

    def _refuse(self, status: int) -> None:
        """Answer what is no request, after the requests before it. What follows is not read."""
        self._deaf = True
        self._refusal = status
        broken = self._reading
        if broken is not None and not broken.received:
            if self._waiting:
                self._waiting.pop()
            elif broken.on_the_wire:
                self.abort(broken)
                return
            else:
                broken.disconnect()
                self._running = None
        if self._waiting:
            self._next()
        elif self._running is None:
            self._answer_refusal()

    def _answer_refusal(self) -> None:
        line = response_head.status_line(self._refusal)
        message = line.split(b" ", 2)[2]
        self.transport.write(
            b"%b%b\r\ncontent-type: text/plain; charset=utf-8%b%d%bclose\r\n\r\n%b"
            % (
                line,
                self.state.date,
                response_head.CONTENT_LENGTH,
                len(message),
                response_head.CONNECTION,
                message,
            )
        )
        self._hang_up()

    def _hang_up(self) -> None:
        """Close. What the client still sends is read on for a while: it would lose the answer."""
        self._deaf = True
        self._waiting.clear()
        if self._refusal or not (self._reading and self._reading.received):
            self.resume_reading()
            self.transport.write_eof()
            self._deadline = self.state.now + _LINGER_SECONDS
        else:
            self.transport.close()
            self._deadline = self.state.now + self.state.keep_alive


def _address(found: tuple[str, int] | None) -> tuple[str, int] | None:
    """Return host and port: of IPv6, more is found."""
    return found and (found[0], found[1])


def _excess(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """Return the status that refuses a head, or a part of one, if it is too large."""
    if len(url) > _URL_BYTES:
        return _URI_TOO_LONG
    size = len(url) + sum(len(name) + len(value) + 4 for name, value in headers)
    if size > _HEAD_BYTES or len(headers) > _HEADERS:
        return _HEADER_FIELDS_TOO_LARGE
    return 0


def _split(url: bytes) -> tuple[bytes, bytes]:
    """Return path and query of a request's target.

    :raises HttpParserInvalidURLError: it is none.
    """
    if url[0] == _SLASH and _NUMBER_SIGN not in url:
        path, _, query = url.partition(b"?")
        return path, query
    # RFC 9112, 3.2: the absolute form, or the asterisk form.
    parsed = parse_url(url)
    return parsed.path or b"/", parsed.query or b""


def _unquote(path: str) -> str:
    """Decode what is percent-encoded; what decodes it is imported with the first such path."""
    from urllib.parse import unquote  # noqa: PLC0415 -- brings ipaddress; most paths have none

    return unquote(path)


def _head(scope: Scope, headers: list[tuple[bytes, bytes]]) -> bytes:
    """Return a request's head as it came, but for its headers."""
    target = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    line = b"%b %b HTTP/%b\r\n" % (
        scope["method"].encode(),
        target,
        scope["http_version"].encode(),
    )
    return line + b"".join(b"%b: %b\r\n" % header for header in headers) + b"\r\n"


def _offers_websocket(scope: Scope) -> bool:
    """Say whether a request opens a WebSocket (RFC 6455, 4.1)."""
    offers = [value.lower() for name, value in scope["headers"] if name == b"upgrade"]
    return scope["method"] == "GET" and scope["http_version"] == "1.1" and offers == [b"websocket"]
