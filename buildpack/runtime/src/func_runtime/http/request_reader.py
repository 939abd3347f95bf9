"""Reads requests from the bytes of a connection, with httptools, and rejects what is not HTTP."""

from typing import TYPE_CHECKING, Protocol

from httptools import HttpParserError, HttpRequestParser

from func_runtime.asgi import Scope
from func_runtime.http import request_head, request_target
from func_runtime.http.cycle import REST_BYTES, RequestResponseCycle
from func_runtime.http.request_head import RequestRejected
from func_runtime.http.time_slice import READ_BYTES
from func_runtime.settings import trusted_proxies
from func_runtime.settings.trusted_proxies import Client, TrustedProxies

# The framing of a chunk: what it takes on the wire besides its data, at least.
_CHUNK_BYTES = 5

_VERSIONS = ("1.1", "1.0")

# Header names in lower case, by the spelling that was received. Headers that the server itself uses
# are not cached. The limits are for clients that make up names.
_lower_names: dict[bytes, bytes] = {}
_MAX_NAMES = 1024
_MAX_NAME_BYTES = 64

if TYPE_CHECKING:
    from func_runtime.http.cycle import CycleConnection

    class ReaderConnection(CycleConnection, Protocol):
        """What a reader uses of its connection."""

        def enqueue(self, cycle: RequestResponseCycle) -> None:
            """Take a request. :raises RequestRejected: too many are waiting."""
            ...

        def pause_reading(self) -> None:
            """Read nothing more until the application has received the body."""
            ...

        def close(self) -> None:
            """Close the connection, without another response."""
            ...


class RequestReader:
    """The requests of one connection.

    `feed` calls the parser, and the parser calls the methods `on_…`. What they raise, `feed` raises
    as HttpParserError.
    """

    __slots__ = (
        "_client",
        "_completed_part",
        "_connection",
        "_data",
        "_discarded",
        "_forwarded_for",
        "_forwarded_proto",
        "_has_chunks",
        "_has_host",
        "_headers",
        "_host",
        "_is_trusted",
        "_needs_check",
        "_parser",
        "_proxies",
        "_server",
        "_url",
        "current",
        "unfinished",
    )

    def __init__(
        self,
        connection: "ReaderConnection",
        proxies: TrustedProxies,
        server: Client | None,
        client: Client | None,
    ) -> None:
        """Take the connection and both of its addresses, as ASGI has them."""
        # The connection.
        self._connection = connection
        self._proxies = proxies
        self._server = server
        self._client = client
        self._is_trusted = client is not None and proxies.trusts(client[0])
        self._parser = HttpRequestParser(self)
        # The request that is being read.
        self.current: RequestResponseCycle | None = None  # that of the last head
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._discarded = 0  # bytes of its body that came after its response
        # The bytes since the last part of a request (head, part of a body, end) was complete.
        self.unfinished = 0
        self._data = b""
        self._completed_part = False  # within this call of feed
        # What the server itself needs from the headers.
        self._host = b""  # of the last request
        self._has_host = False
        self._has_chunks = False  # of this request or an earlier one
        self._needs_check = False  # host or transfer codings are not those of the last request
        self._forwarded_for = self._forwarded_proto = b""

    def feed(self, data: bytes) -> None:
        """Parse the next bytes.

        :raises HttpParserError: they are not HTTP; request_head.rejection_status() has the status.
        :raises HttpParserUpgrade: a request offers another protocol; its argument is where it ends.
        """
        if self.unfinished:
            self._data += data
            self.unfinished += len(data)
        else:
            self._data = data
            self.unfinished = len(data)
        self._parser.feed_data(data)
        if self._completed_part:
            self._completed_part = False
            if self._url:
                self.unfinished = len(data)
            else:
                self.unfinished = 0
                self._data = b""

    def read_again(self, scope: Scope, head: bytes) -> None:
        """Read the request of `scope` again, from another head. It keeps its headers.

        :raises HttpParserError: as feed.
        """
        self._parser = HttpRequestParser(self)
        self._parser.feed_data(head)
        assert self.current is not None
        self.current.scope["headers"] = scope["headers"]

    def release(self) -> None:
        """Break the reference cycles of this object, so that no garbage collection is needed."""
        self.current = None
        del self._parser, self._connection

    def excess(self) -> int:
        """Return the status that rejects an unfinished part of a request for its size, or 0."""
        status = request_head.excess(self._url, self._headers)
        if not status and self.unfinished > request_head.HEAD_BYTES + READ_BYTES:
            return request_head.HEADER_FIELDS_TOO_LARGE
        return status

    def is_in_plain_body(self) -> bool:
        """Return whether a body without chunks is being read, which is fast at any length."""
        current = self.current
        return current is not None and not current.received and not self._has_chunks

    # What the parser calls.

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header or a trailer."""
        lower = _lower_names.get(name)
        if lower is None:
            lower = self._on_other_header(name, value)
        self._headers.append((lower, value))

    def on_headers_complete(self) -> None:
        """Make a request of the head."""
        url, headers, is_first_part = self._url, self._headers, not self._completed_part
        self._url, self._headers, self._completed_part = b"", [], True
        if self.unfinished > request_head.URL_BYTES or len(headers) > request_head.HEADERS:
            request_head.check_size(url, headers)
        method = self._parser.get_method()
        # Faster than to ask the parser. There is no space in method and target.
        line_end = len(method) + 1 + len(url)
        is_usual = is_first_part and self._data.startswith(b" HTTP/1.1\r\n", line_end)
        version = "1.1" if is_usual else self._version(url)
        if self._needs_check or not self._has_host:
            self._check(headers, version)
        self._has_host = False
        target = request_target.known.get(url)
        raw_path, query, path = target or request_target.parse(url, method, headers)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": version,
            "server": self._server,
            "client": self._client,
            "scheme": "http",
            "method": method.decode(),
            "root_path": "",
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "headers": headers,
            "state": {},
        }
        if self._forwarded_proto or self._forwarded_for:
            self._apply_forwarded(scope)
        # Clients that speak HTTP/1.0 today open a connection for each request.
        keep_alive = version == "1.1" and self._parser.should_keep_alive()
        cycle = RequestResponseCycle(self._connection, scope, keep_alive)
        self._connection.enqueue(cycle)
        self.current = cycle

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._completed_part = True
        current = self.current
        assert current is not None
        if current.completed:
            self._discard(len(body))
        elif not current.gone and current.add_body(body):
            self._connection.pause_reading()

    def on_message_complete(self) -> None:
        """Note that the request is complete."""
        self._completed_part = True
        if self._headers:  # trailers, which ASGI does not have
            self._headers = []
            self._forwarded_proto = self._forwarded_for = b""
            self._has_host = self._needs_check = False
        assert self.current is not None
        self.current.end_body()
        self._discarded = 0

    # Rare cases.

    def _on_other_header(self, name: bytes, value: bytes) -> bytes:
        """Return a name in lower case, and note what the server itself needs."""
        lower = name.lower()
        if lower == b"host":
            if self._has_host or value != self._host:
                self._needs_check = True
            self._has_host = True
        elif lower == trusted_proxies.FOR:
            self._forwarded_for = trusted_proxies.join(self._forwarded_for, value)
        elif lower == trusted_proxies.PROTO:
            self._forwarded_proto = value
        elif lower == b"transfer-encoding":
            self._needs_check = self._has_chunks = True
        elif len(_lower_names) < _MAX_NAMES and len(name) < _MAX_NAME_BYTES:
            _lower_names[name] = lower
        return lower

    def _check(self, headers: list[tuple[bytes, bytes]], version: str) -> None:
        """Check host and transfer codings that are not those of the last request.

        :raises RequestRejected: they are not valid.
        """
        self._needs_check = False
        if status := request_head.rejection(headers, version):
            raise RequestRejected(status)
        self._host = next((value for name, value in headers if name == b"host"), self._host)

    def _version(self, target: bytes) -> str:
        """Return the version of a request.

        :raises RequestRejected: it is not one of HTTP/1.
        """
        if request_head.is_other_protocol(self._data, target):
            raise RequestRejected(request_head.BAD_REQUEST)
        version = self._parser.get_http_version()
        if version not in _VERSIONS:
            raise RequestRejected(request_head.VERSION_NOT_SUPPORTED)
        return version

    def _apply_forwarded(self, scope: Scope) -> None:
        """Set client and scheme of a request to those that a trusted proxy names."""
        if self._is_trusted:
            scheme, client = self._proxies.read(self._forwarded_proto, self._forwarded_for)
            scope["scheme"] = scheme
            scope["client"] = client or self._client
        self._forwarded_proto = self._forwarded_for = b""

    def _discard(self, size: int) -> None:
        """Discard a part of a body that came after its response. Close if there is too much.

        :raises HttpParserError: the connection is closed.
        """
        self._discarded += size + _CHUNK_BYTES
        if self._discarded > REST_BYTES:
            self._connection.close()
            raise HttpParserError("the rest of the body is too long")
