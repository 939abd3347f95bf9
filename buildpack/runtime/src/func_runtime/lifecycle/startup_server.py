"""Serves the port while the function starts: in a thread, which no start() can block.

It answers health checks, and keeps everything else, with what was read of it, for the server to
take over. docs/adr/0015 has the reasons.
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
# A head that is longer is for the server to refuse.
_HEAD_BYTES = 64 * 1024
# Requests that wait. One more is answered 503.
_HELD = 4096
# Connections without a whole request. For one more the oldest is closed.
_READING = 1024
# Seconds until accepting is tried again where it fails, for want of descriptors say.
_AGAIN = 0.05

_END_OF_HEAD = b"\r\n\r\n"


class Waiting:
    """A connection, and what has been read of it and not been answered."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.early = b""

    def send(self, answer: bytes) -> bool:
        """Send an answer; say whether that was possible: a client that does not read gets none."""
        try:
            return self.connection.send(answer) == len(answer)
        except OSError:
            return False


class StartupServer:
    """Serves bound sockets until its end; what waits then is handed on."""

    def __init__(self, listening: Sequence[socket.socket], probes: Mapping[str, Probe]) -> None:
        """Take the sockets, and the health checks by path."""
        self.is_open = False
        self._listening = listening
        self._probes = probes
        self._reading: dict[Waiting, None] = {}  # the oldest first
        self._held: list[Waiting] = []
        self._selector = selectors.DefaultSelector()

    def serve(self, ending: socket.socket) -> None:
        """Open the port, and serve it until something comes from `ending`.

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

    def close(self) -> list[Waiting]:
        """Return the connections that wait, once `serve` has returned.

        The listening sockets stay as they are.
        """
        self._selector.close()
        return [*self._held, *self._reading]

    def descriptors(self) -> list[int]:
        """Return the file descriptors of all connections that are here."""
        return [waiting.connection.fileno() for waiting in (*self._held, *self._reading)]

    def _turn(self, ending: socket.socket) -> bool:
        """Do what there is to do; say whether to go on."""
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
        waiting = Waiting(connection)
        self._reading[waiting] = None
        self._selector.register(connection, selectors.EVENT_READ, waiting)

    def _read(self, waiting: Waiting) -> None:
        try:
            data = waiting.connection.recv(_READ_BYTES)
        except OSError:
            data = b""
        waiting.early += data
        if not data or not self._answer(waiting):
            self._drop(waiting)

    def _answer(self, waiting: Waiting) -> bool:
        """Answer the health checks that are there; say whether the connection goes on."""
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

    def _hold(self, waiting: Waiting) -> None:
        """Keep a connection for the server. Nothing more is read, so that the client waits too."""
        if len(self._held) < _HELD:
            self._held.append(waiting)
            self._forget(waiting)
        else:
            waiting.send(_written(_refusal, keep_alive=False))
            self._drop(waiting)

    def _drop(self, waiting: Waiting) -> None:
        self._forget(waiting)
        waiting.connection.close()

    def _forget(self, waiting: Waiting) -> None:
        del self._reading[waiting]
        self._selector.unregister(waiting.connection)


class Request(NamedTuple):
    """A request without a body, on a connection that may go on after it or not."""

    method: str
    path: str
    keep_alive: bool


class _Head:
    """What the parser finds in a head."""

    def __init__(self) -> None:
        self.url = b""
        self.hosts = 0
        self.is_whole = False  # there is no body to come
        self.keep_alive = False
        self.parser = HttpRequestParser(self)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, _: bytes) -> None:
        self.hosts += name.lower() == b"host"

    def on_message_complete(self) -> None:
        self.is_whole = True
        self.keep_alive = self.parser.should_keep_alive()  # a parser knows it here alone


def read_head(data: bytes) -> Request | None:
    """Read a request's head; None is for one that is not plain: the server knows what to say."""
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
    """Return the answer to a health check, as the server writes it; None if this is none."""
    probe = probes.get(request.path)
    if probe is None:
        return None
    # A function that serves by now may have a check of its own, which needs the event loop.
    with suppress(RuntimeError):
        return _written(partial(answer_probe, probe, request.method), request.keep_alive)
    return None


def _written(answer: Callable[[Send], Coroutine[object, None, None]], keep_alive: bool) -> bytes:
    """Return the bytes of an answer that waits for nothing."""
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


def _refusal(send: Send) -> Coroutine[object, None, None]:
    return responses.text(send, responses.SERVICE_UNAVAILABLE, "Service Unavailable")
