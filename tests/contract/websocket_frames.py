"""What a WebSocket client sends, by RFC 6455 and RFC 7692."""

import zlib

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
COMPRESSED = 0x40
# RFC 6455, 1.3, has this key and its answer.
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = b"host: f\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
VERSION = b"sec-websocket-version: 13\r\n"
OFFER = UPGRADE + VERSION + b"sec-websocket-key: " + KEY + b"\r\n"


def frame(operation: int, payload: bytes = b"", *, fin: bool = True, bits: int = 0) -> bytes:
    """Return a client's frame."""
    mask = b"\x01\x02\x03\x04"
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size <= 0xFFFF:
        length = bytes([0xFE]) + size.to_bytes(2)
    else:
        length = bytes([0xFF]) + size.to_bytes(8)
    key = (mask * (size // 4 + 1))[:size]
    masked = int.from_bytes(payload) ^ int.from_bytes(key)
    return bytes([0x80 * fin | bits | operation]) + length + mask + masked.to_bytes(size)


def closing(code: int, reason: str = "") -> bytes:
    """Return the payload of a closing frame."""
    return code.to_bytes(2) + reason.encode()


class Deflater:
    """Compresses as a client does that keeps its context."""

    def __init__(self, bits: int = 12) -> None:
        self._encoder = zlib.compressobj(wbits=-bits)

    def __call__(self, data: bytes) -> bytes:
        """Return a message's payload."""
        whole = self._encoder.compress(data) + self._encoder.flush(zlib.Z_SYNC_FLUSH)
        return whole[:-4]
