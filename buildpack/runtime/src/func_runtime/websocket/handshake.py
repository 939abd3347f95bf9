"""Reads the request that opens a WebSocket, and writes the answer that accepts it (RFC 6455, 4.2).

Method, version, Host and the Upgrade header are checked by http_protocol, which leaves the
connection to a WebSocket only for those.
"""

import base64
from typing import NamedTuple

from websockets.exceptions import InvalidHeaderFormat
from websockets.utils import accept_key

from func_runtime.asgi import Headers
from func_runtime.http import response_head, responses
from func_runtime.websocket import compression
from func_runtime.websocket.compression import Compression

_VERSION = b"13"
_KEY_BYTES = 16
# RFC 9110, 15.5.22: names what the client has to use.
_UPGRADE_REQUIRED_HEADERS = ((b"upgrade", b"websocket"), (b"sec-websocket-version", _VERSION))
_SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket"
_ACCEPT = b"\r\nsec-websocket-accept: "
_EXTENSIONS = b"\r\nsec-websocket-extensions: "
_SUBPROTOCOL = b"sec-websocket-protocol"


class Refused(Exception):
    """The request opens no WebSocket; the reason is for the client."""

    def __init__(self, status: int, reason: str, headers: Headers = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers


class Handshake(NamedTuple):
    """What both sides have agreed on, once the application accepts."""

    key: str
    compression: Compression | None
    extensions: str  # the header that says so


def read(headers: Headers) -> Handshake:
    """Read the headers of a request.

    :raises Refused: they open no WebSocket.
    """
    if _values(headers, b"sec-websocket-version") != [_VERSION]:
        raise Refused(
            responses.UPGRADE_REQUIRED,
            f"The only version of WebSocket here is {_VERSION.decode()}",
            _UPGRADE_REQUIRED_HEADERS,
        )
    key = _key(_values(headers, b"sec-websocket-key"))
    offers = _values(headers, b"sec-websocket-extensions")
    try:
        return Handshake(key, *compression.negotiate(offers))
    except InvalidHeaderFormat as error:
        raise Refused(responses.BAD_REQUEST, "sec-websocket-extensions is malformed") from error


def subprotocols(headers: Headers) -> list[str]:
    """Return the subprotocols that the client offers, in its order."""
    offered = b",".join(_values(headers, _SUBPROTOCOL)).decode("latin-1").split(",")
    return [name for member in offered if (name := member.strip())]


def response(handshake: Handshake, date: bytes, subprotocol: str | None, headers: Headers) -> bytes:
    """Return the answer that accepts, with the application's subprotocol and headers.

    :raises ValueError: a header would not be one on the wire.
    """
    chosen = [(_SUBPROTOCOL, subprotocol.encode())] if subprotocol else []
    # What frames a body is left out: an answer of 101 has none (RFC 9110, 8.6).
    block, _ = response_head.fields([*chosen, *headers])
    extensions = handshake.extensions.encode()
    return b"".join(
        (
            _SWITCHING,
            _ACCEPT,
            accept_key(handshake.key).encode(),
            _EXTENSIONS + extensions if extensions else b"",
            date,
            block,
            b"\r\n\r\n",
        )
    )


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _key(values: list[bytes]) -> str:
    """Return the key, which proves to the client that the server speaks WebSocket.

    :raises Refused: there is not one, or it is no key.
    """
    try:
        if len(base64.b64decode(b"".join(values), validate=True)) == _KEY_BYTES:
            return b"".join(values).decode()
    except ValueError:
        pass
    raise Refused(responses.BAD_REQUEST, "sec-websocket-key is missing, or is no key")
