"""Reads the request that opens a WebSocket, and writes the response that accepts it.

The rules are in RFC 6455, 4.2. http/upgrade.py has checked method, version and the Upgrade header
before.
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
# RFC 9110, 15.5.22: the response names the protocol that the client has to use.
_UPGRADE_REQUIRED_HEADERS = ((b"upgrade", b"websocket"), (b"sec-websocket-version", _VERSION))
_SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket"
_ACCEPT = b"\r\nsec-websocket-accept: "
_EXTENSIONS = b"\r\nsec-websocket-extensions: "
_SUBPROTOCOL = b"sec-websocket-protocol"


class HandshakeRejected(Exception):
    """The request does not open a WebSocket. The client is sent the reason."""

    def __init__(self, status: int, reason: str, headers: Headers = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers


class Handshake(NamedTuple):
    """What client and server have agreed on, once the application accepts."""

    key: str
    compression: Compression | None
    extensions: str  # the header for it


def read(headers: Headers) -> Handshake:
    """Read the headers of a request.

    :raises HandshakeRejected: they do not open a WebSocket.
    """
    if _values(headers, b"sec-websocket-version") != [_VERSION]:
        raise HandshakeRejected(
            responses.UPGRADE_REQUIRED,
            f"The only supported version of WebSocket is {_VERSION.decode()}",
            _UPGRADE_REQUIRED_HEADERS,
        )
    key = _key(_values(headers, b"sec-websocket-key"))
    offers = _values(headers, b"sec-websocket-extensions")
    try:
        return Handshake(key, *compression.negotiate(offers))
    except InvalidHeaderFormat as error:
        raise HandshakeRejected(
            responses.BAD_REQUEST, "sec-websocket-extensions is malformed"
        ) from error


def subprotocols(headers: Headers) -> list[str]:
    """Return the subprotocols that the client offers, in its order."""
    offered = b",".join(_values(headers, _SUBPROTOCOL)).decode("latin-1").split(",")
    return [name for member in offered if (name := member.strip())]


def response(handshake: Handshake, date: bytes, subprotocol: str | None, headers: Headers) -> bytes:
    """Return the response that accepts, with the application's subprotocol and headers.

    :raises ValueError: a header is not valid.
    """
    chosen = [(_SUBPROTOCOL, subprotocol.encode())] if subprotocol else []
    # Headers that frame a body are skipped: a response with 101 has none (RFC 9110, 8.6).
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
    """Return the key. The response proves with it that the server speaks WebSocket.

    :raises HandshakeRejected: there is not exactly one key, or it is not valid.
    """
    try:
        if len(base64.b64decode(b"".join(values), validate=True)) == _KEY_BYTES:
            return b"".join(values).decode()
    except ValueError:
        pass
    raise HandshakeRejected(responses.BAD_REQUEST, "sec-websocket-key is missing or invalid")
