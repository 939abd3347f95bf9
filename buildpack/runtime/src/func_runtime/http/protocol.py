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

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from func_runtime.asgi import Application, Scope
from func_runtime.http import request_head, response_head
from func_runtime.http.cycle import REST_BYTES, Exchange
from func_runtime.http.time_slice import Turns
from func_runtime.settings import trusted_proxies
from func_runtime.settings.trusted_proxies import Proxies
from func_runtime.system import open_files

log = logging.getLogger("func_runtime")

# A larger read may hold work for long (uvloop reads 256 KiB at once, or 40,000 chunks of a body):
# it is taken in pieces, of this length at first, as far as the turn of the loop allows.
_PIECE_BYTES = 4 * 1024
# What a chunk takes on the wire besides its data.
_CHUNK_BYTES = 5
# Where connections are too many, so much of them is closed at a time, and the log told so often.
_SHARE = 64
_QUIET_SECONDS = 60.0
# Requests that a client may send before it has seen the first answer.
_PIPELINED = 64
# Seconds for a head, from its first byte on.
_HEAD_SECONDS = 20.0
# Seconds to read on after the last answer (RFC 9112, 9.6), so that the client gets to read that.
_LINGER_SECONDS = 2.0
_NEVER = float("inf")
_NOTHING = memoryview(b"")

_SLASH, _NUMBER_SIGN = b"/#"  # numbers: bytes look for bytes ten times as slowly

_REQUEST_TIMEOUT = 408
_TOO_MANY_REQUESTS = 429
_VERSION_NOT_SUPPORTED = 505

# Names of headers in lower case, by how they came, but for those that the server reads itself.
# The bounds are for clients that make them up.
_REMEMBERED = 1024
_REMEMBERED_BYTES = 64
_names: dict[bytes, bytes] = {}

_VERSIONS = ("1.1", "1.0")

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
        self,
        app: Application,
        keep_alive: float,
        websocket: Callable[[Scope], asyncio.Protocol],
        proxies: Proxies,
    ) -> None:
        """Take the application, the seconds for an idle connection, and what speaks WebSocket:
        a protocol for the scope of the request that asks for it. And the proxies whose word on the
        client is taken.
        """  # noqa: D205 -- one sentence more than a line holds
        self.app = app
        self.keep_alive = keep_alive
        self.websocket = websocket
        self.proxies = proxies
        self.turns = Turns()
        self.most_connections = open_files.connections()
        self._told = -_NEVER  # when the log was told that these are too few
        self.connections: set[Connection] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.tick(0.0)

    def tick(self, now: float) -> None:
        """Take the loop's time, once a second: for the Date header and for all time limits."""
        self.now = now
        self.date = response_head.DATE + http_date(time.time())
        for connection in list(self.connections):
            connection.expire()

    def make_room(self) -> None:
        """Close connections that wait for their clients, those first whose time is over first."""
        waiting = [
            (deadline, number, connection)
            for number, connection in enumerate(self.connections)
            if isinstance(connection, HttpProtocol)
            and (deadline := connection.waits_until()) < _NEVER
        ]
        waiting.sort()
        for _, _, connection in waiting[: 1 + len(waiting) // _SHARE]:
            connection.transport.abort()
        if self.now - self._told > _QUIET_SECONDS:
            self._told = self.now
            log.warning(
                "%d connections are open, as many as the limit of open files has room for: "
                "those that wait for their clients are closed",
                len(self.connections),
            )


def http_date(seconds: float) -> bytes:
    """Return a time as HTTP has it (RFC 9110, 5.6.7); a locale does not change it."""
    at = time.gmtime(seconds)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    return time.strftime(f"{day}, %d {month} %Y %H:%M:%S GMT", at).encode()


class HttpProtocol(asyncio.Protocol):
    """A connection. Reads requests, runs them one after the other, and ends in time."""

    # Beyond 30 attributes, an instance without slots is slower (CPython, SHARED_KEYS_MAX_SIZE).
    __slots__ = (
        "_addresses",
        "_client",
        "_data",
        "_deadline",
        "_deaf",
        "_fed",
        "_has_chunks",
        "_has_host",
        "_headers",
        "_host",
        "_is_notable",
        "_is_trusted",
        "_loop",
        "_moved",
        "_parser",
        "_passed_over",
        "_paused",
        "_piece",
        "_proto",
        "_put_off",
        "_reading",
        "_refusal",
        "_running",
        "_server",
        "_unread",
        "_unsent",
        "_url",
        "_waiting",
        "congested",
        "state",
        "transport",
    )

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
        self._data = b""  # these reads
        # What its headers say to the server.
        self._host = b""  # that of the last request
        self._has_host = False
        self._is_notable = False  # host or transfer coding have to be looked at
        self._has_chunks = False  # or had, in an earlier request
        self._proto = self._addresses = b""  # see forwarded
        # What was received and is to be read in a later turn of the loop. No more comes before.
        self._unread = _NOTHING
        self._piece = b""  # what is read of it now
        self._put_off = False
        # The requests that are whole, or have at least a whole head.
        self._reading: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._running: Exchange | None = None
        self._paused = False
        self._passed_over = 0  # bytes of a body whose answer is complete
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
        self._client = client = _address(transport.get_extra_info("peername"))
        self._is_trusted = client is not None and self.state.proxies.trusts(client[0])
        if len(self.state.connections) >= self.state.most_connections:
            self.state.make_room()
        self.state.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Read requests, and run the first that is there if none runs."""
        if self._deaf:
            return
        if len(data) > _PIECE_BYTES and data is not self._piece and not self._is_plain():
            self._unread = memoryview(data)
            self._read_on()
            return
        self._data += data
        self._fed += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as offer:
            self._upgrade(data[offer.args[0] :])
            return
        except HttpParserError as error:
            self._give_up(error)
            return
        if self._moved:
            self._moved = False
            self._fed = len(data) if self._url else 0
        if self._waiting and self._running is None:
            self._next()
        if self._fed:
            self._limit(len(data))
        else:
            self._data = b""

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
        self._deaf = True
        self._unread = _NOTHING
        self._put_off = False
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

    def waits_until(self) -> float:
        """Return when the client's time is over, if it is the client that is waited for."""
        reading = self._reading
        if self._deadline < _NEVER:
            return self._deadline
        # A request whose body has not come: after all that have a time.
        return sys.float_info.max if reading is not None and not reading.received else _NEVER

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
        known = _names.get(name)
        if known is None:
            known = self._look_at(name, value)
        self._headers.append((known, value))

    def on_headers_complete(self) -> None:
        """Make a request of what was read."""
        url, headers, moved = self._url, self._headers, self._moved
        self._url, self._headers, self._moved = b"", [], True
        if (self._fed > request_head.URL_BYTES or len(headers) > request_head.HEADERS) and (
            excess := request_head.excess(url, headers)
        ):
            self._reject(excess)
        parser = self._parser
        method = parser.get_method()
        # Nearly always this read has begun with the line, which is quicker to see than to ask for:
        # neither method nor target has a space in it, so the version is where it is looked for.
        if not moved and self._data.startswith(b" HTTP/1.1\r\n", len(method) + 1 + len(url)):
            version = "1.1"
        else:
            version = self._version(url)
        if self._is_notable or not self._has_host:
            self._examine(headers, version)
        self._has_host = False
        if url[0] == _SLASH and _NUMBER_SIGN not in url:
            raw_path, _, query = url.partition(b"?")
        else:
            raw_path, query = _split(url, method, headers)
        path = raw_path.decode("ascii")
        scheme, client = "http", self._client
        if self._proto or self._addresses:
            if self._is_trusted:
                scheme, said = self.state.proxies.read(self._proto, self._addresses)
                client = said or client
            self._proto = self._addresses = b""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": version,
            "server": self._server,
            "client": client,
            "scheme": scheme,
            "method": method.decode("ascii"),
            "root_path": "",
            "path": request_head.unquote(path) if "%" in path else path,
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
        if reading.completed:
            self._pass_over(len(body))
        elif not reading.gone and reading.add_body(body):
            self._pause_reading()

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        self._moved = True
        if self._headers:  # trailers, for which ASGI has no place
            self._headers = []
            self._proto = self._addresses = b""
            self._has_host = self._is_notable = False
        assert self._reading is not None
        self._reading.end_body()
        self._passed_over = 0

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
            if not self._put_off:
                self.transport.resume_reading()

    # Within.

    def _give_up(self, error: HttpParserError) -> None:
        """Refuse what is no request, unless the connection has ended meanwhile."""
        if not self._deaf:
            log.debug("Not HTTP: %s", error)
            self._refuse(self._refusal or request_head.BAD_REQUEST)

    def _is_plain(self) -> bool:
        """Say whether what comes now is quickly read, however long: a body without chunks."""
        reading = self._reading
        return reading is not None and not reading.received and not self._has_chunks

    def _read_on(self) -> None:
        """Read what was received, as far as the turn of the loop allows, and the rest later."""
        size = _PIECE_BYTES
        while self._unread:
            if self.state.turns.used_up():
                self._put_off = True
                self.transport.pause_reading()
                self._loop.call_soon(self._read_on)
                return
            self._piece = piece = bytes(self._unread[:size])
            self._unread = self._unread[size:]
            size *= 2  # each has cost little so far: most are of one body
            self.data_received(piece)
        self._piece = b""
        if self._put_off:
            self._put_off = False
            if not self._paused:
                self.transport.resume_reading()

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

    def _look_at(self, name: bytes, value: bytes) -> bytes:
        """Return a name in lower case, and note what the header says to the server."""
        lower = name.lower()
        if lower == b"host":
            if self._has_host or value != self._host:
                self._is_notable = True
            self._has_host = True
        elif lower == trusted_proxies.FOR:
            self._addresses = trusted_proxies.join(self._addresses, value)
        elif lower == trusted_proxies.PROTO:
            self._proto = value
        elif lower == b"transfer-encoding":
            self._is_notable = self._has_chunks = True
        elif len(_names) < _REMEMBERED and len(name) < _REMEMBERED_BYTES:
            _names[name] = lower
        return lower

    def _examine(self, headers: list[tuple[bytes, bytes]], version: str) -> None:
        """Look at a host and a transfer coding that are not as in the last request."""
        self._is_notable = False
        refusal = request_head.refusal(headers, version)
        if refusal:
            self._reject(refusal)
        self._host = next((value for name, value in headers if name == b"host"), self._host)

    def _version(self, target: bytes) -> str:
        """Return the version of a request, and see that it is one of HTTP's."""
        if request_head.is_other_protocol(self._data, target):
            self._reject(request_head.BAD_REQUEST)
        version = self._parser.get_http_version()
        if version not in _VERSIONS:
            self._reject(_VERSION_NOT_SUPPORTED)
        return version

    def _pass_over(self, size: int) -> None:
        """Leave a part of a body out that comes after its answer, unless there is too much."""
        self._passed_over += size + _CHUNK_BYTES
        if self._passed_over > REST_BYTES:
            self._hang_up()
            raise HttpParserError("the rest of the body is too long")

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
        excess = request_head.excess(self._url, self._headers)
        if not excess and self._fed > request_head.HEAD_BYTES + _PIECE_BYTES:
            excess = request_head.HEADER_FIELDS_TOO_LARGE
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
        if request_head.offers_websocket(scope):
            if request_head.has_body(scope["headers"]):
                # Its bytes would be taken for frames.
                self._reading = None
                self._refuse(request_head.BAD_REQUEST)
                return
            if idle:
                self._hand_over(scope, rest)
                return
        self._parser = HttpRequestParser(self)
        headers = scope["headers"]
        plain = [(name, value) for name, value in headers if name != b"upgrade"]
        try:
            if scope["method"] == "CONNECT":
                self._reject(request_head.BAD_REQUEST)
            self._parser.feed_data(request_head.encode(scope, plain))
        except HttpParserError:
            self._refuse(request_head.BAD_REQUEST)
            return
        assert self._reading is not None
        self._reading.scope["headers"] = headers
        self._piece = rest
        self.data_received(rest)

    def _hand_over(self, scope: Scope, rest: bytes) -> None:
        """Leave the connection to a WebSocket protocol, with what came after the request."""
        self.state.connections.discard(self)
        self._forget()
        protocol = self.state.websocket(scope)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if early := rest + self._unread:
            protocol.data_received(early)
        self._unread = _NOTHING

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


def _split(target: bytes, method: bytes, headers: list[tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    """Return path and query of a target that is not just these.

    :raises HttpParserError: it is none.
    """
    path, query, authority = request_head.split_target(target, method)
    if authority:  # RFC 9112, 3.2.2: it stands for the Host header
        headers[:] = [(n, authority if n == b"host" else value) for n, value in headers]
    return path, query


def _address(found: tuple[str, int] | None) -> tuple[str, int] | None:
    """Return host and port: of IPv6, more is found."""
    return found and (found[0], found[1])
