"""Serves the port while the function starts, in a thread that start() cannot block.

It answers health checks. It holds other connections, with the bytes that were read, until the
server takes them. docs/adr/0015 has the reasons.
"""

import logging
import selectors
import socket
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from func_runtime.app.app import answer_probe
from func_runtime.asgi import Message, Send
from func_runtime.function.health import Probe
from func_runtime.http import response_head, responses
from func_runtime.lifecycle import sockets

log = logging.getLogger("func_runtime")

_READ_BYTES = 16 * 1024
# A longer head is left to the server, which rejects it.
_HEAD_BYTES = 64 * 1024
# Requests that wait. Another one gets 503.
_HELD = 4096
# Connections without a complete request. For another one the oldest is closed.
_READING = 1024
# Seconds until the next try if accepting fails, for example without a free descriptor.
_AGAIN = 0.05

_END_OF_HEAD = b"\r\n\r\n"


class HeldConnection:
    """A connection, and the bytes that were read and not answered."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.early = b""

    def send(self, answer: bytes) -> bool:
        """Send a response. Return whether all of it was sent: the client may not be reading."""
        try:
            return self.connection.send(answer) == len(answer)
        except OSError:
            return False


class StartupServer:
    """Serves bound sockets until its end, and returns the connections that wait."""

    def __init__(self, listening: Sequence[socket.socket], probes: Mapping[str, Probe]) -> None:
        """Take the sockets, and the health checks by path."""
        self.is_open = False
        self._listening = listening
        self._probes = probes
        self._reading: dict[HeldConnection, None] = {}  # the oldest first
        self._held: list[HeldConnection] = []
        self._selector = selectors.DefaultSelector()

    def serve(self, ending: socket.socket) -> None:
        """Open the port, and serve it until `ending` has data.

        :raises AddressUnavailable: another process listens there.
        """
        for sock in self._listening:
            sockets.listen(sock)
        self.is_open = True
        for sock in self._listening:
            sock.setblocking(False)
            self._selector.register(sock, selectors.EVENT_READ)
        self._selector.register(ending, selectors.EVENT_READ)
        log.info("Listening on %s; the function is starting", sockets.names(self._listening))
        while self._turn(ending):
            pass

    def close(self) -> list[HeldConnection]:
        """Return the connections that wait, once `serve` has returned.

        The listening sockets stay open.
        """
        self._selector.close()
        return [*self._held, *self._reading]

    def descriptors(self) -> list[int]:
        """Return the file descriptors of all connections."""
        return [waiting.connection.fileno() for waiting in (*self._held, *self._reading)]

    def _turn(self, ending: socket.socket) -> bool:
        """Handle what is ready. Return whether to go on."""
        for key, _ in self._selector.select():
            sock = cast("socket.socket", key.fileobj)
            if sock is ending:
                return False
            if key.data is None:
                self._accept(sock)
            else:
                self._read(key.data)
        while len(self._reading) > _READING:
            self._drop(next(iter(self._reading)))
        return True

    def _accept(self, sock: socket.socket) -> None:
        try:
            connection, _ = sock.accept()
        except OSError as error:
            log.debug("No connection was accepted: %s", error)
            time.sleep(_AGAIN)
            return
        connection.setblocking(False)
        waiting = HeldConnection(connection)
        self._reading[waiting] = None
        self._selector.register(connection, selectors.EVENT_READ, waiting)

    def _read(self, waiting: HeldConnection) -> None:
        try:
            data = waiting.connection.recv(_READ_BYTES)
        except OSError:
            data = b""
        waiting.early += data
        if not data or not self._answer(waiting):
            self._drop(waiting)

    def _answer(self, waiting: HeldConnection) -> bool:
        """Answer the health checks. Return whether the connection stays open."""
        head, end, rest = waiting.early.partition(_END_OF_HEAD)
        while end:
            request = read_head(head + end)
            answer = respond(request, self._probes) if request else None
            if request is None or answer is None:
                self._hold(waiting)
                return True
            if not waiting.send(answer) or not request.keep_alive:
                return False
            waiting.early = rest
            head, end, rest = rest.partition(_END_OF_HEAD)
        if len(head) > _HEAD_BYTES:
            self._hold(waiting)
        return True

    def _hold(self, waiting: HeldConnection) -> None:
        """Hold a connection for the server. Nothing more is read, so the client has to wait too."""
        if len(self._held) < _HELD:
            self._held.append(waiting)
            self._forget(waiting)
        else:
            waiting.send(_written(_unavailable, keep_alive=False))
            self._drop(waiting)

    def _drop(self, waiting: HeldConnection) -> None:
        self._forget(waiting)
        waiting.connection.close()

    def _forget(self, waiting: HeldConnection) -> None:
        del self._reading[waiting]
        self._selector.unregister(waiting.connection)


class Request(NamedTuple):
    """A request without a body, and whether the connection stays open after it."""

    method: str
    path: str
    keep_alive: bool


class _Head:
    """What the parser finds in a head."""

    def __init__(self) -> None:
        self.url = b""
        self.hosts = 0
        self.is_whole = False  # no body follows
        self.keep_alive = False
        self.parser = HttpRequestParser(self)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, _: bytes) -> None:
        self.hosts += name.lower() == b"host"

    def on_message_complete(self) -> None:
        self.is_whole = True
        self.keep_alive = self.parser.should_keep_alive()  # the parser knows it only here


def read_head(data: bytes) -> Request | None:
    """Read the head of a request, or return None if the server has to answer it."""
    head = _Head()
    try:
        head.parser.feed_data(data)
    except (HttpParserError, HttpParserUpgrade):
        return None
    version = head.parser.get_http_version()
    if not head.is_whole or (version, head.hosts) not in (("1.1", 1), ("1.0", 0), ("1.0", 1)):
        return None
    path = head.url.partition(b"?")[0].decode("latin-1")
    method = head.parser.get_method().decode("ascii")
    return Request(method, path, keep_alive=version == "1.1" and head.keep_alive)


def respond(request: Request, probes: Mapping[str, Probe]) -> bytes | None:
    """Return the response to a health check, or None for another request."""
    probe = probes.get(request.path)
    if probe is None:
        return None
    # If the function serves by now, it may have a check of its own, which needs the event loop.
    with suppress(RuntimeError):
        return _written(partial(answer_probe, probe, request.method), request.keep_alive)
    return None


def _written(answer: Callable[[Send], Coroutine[object, None, None]], keep_alive: bool) -> bytes:
    """Return the bytes of a response that needs no event loop."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    with suppress(StopIteration):
        answer(send).send(None)
    start, body = messages
    block, read = response_head.fields(start["headers"])
    return b"".join(
        (
            response_head.status_line(start["status"]),
            response_head.DATE + response_head.http_date(time.time()),
            block,
            response_head.CONTENT_LENGTH + read[response_head.CONTENT_LENGTH],
            b"" if keep_alive else response_head.CONNECTION + b"close",
            _END_OF_HEAD,
            body["body"],
        )
    )


def _unavailable(send: Send) -> Coroutine[object, None, None]:
    return responses.text(send, responses.SERVICE_UNAVAILABLE, "Service Unavailable")
