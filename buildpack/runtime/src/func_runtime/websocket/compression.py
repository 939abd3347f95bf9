"""Compression of messages on a WebSocket (RFC 7692), so that inflating them is bounded.

What both sides agree on and how messages are deflated is the package's part. It would inflate a
message in one go when it arrives, though. Here that is done in steps, when the application takes
the message: until then it has the length that was sent, which may be a thousandth of its own.
"""

import zlib
from collections.abc import Iterator

from websockets.exceptions import NegotiationError, ProtocolError
from websockets.extensions import Extension
from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame, Opcode
from websockets.headers import build_extension, parse_extension

# Windows of 4 KiB keep a connection that compresses at 17 KB of memory; zlib's own choice takes
# 150 KB (docs/adr/0014-a-websocket-protocol-of-our-own.md).
_FACTORY = ServerPerMessageDeflateFactory(
    server_max_window_bits=12, client_max_window_bits=12, compress_settings={"memLevel": 5}
)
# A longer message goes out as it is: to deflate it would take tens of milliseconds.
_DEFLATED_BYTES = 1024 * 1024
# What is inflated in one step, from so much at most: both take less than a millisecond.
STEP_BYTES = 256 * 1024
_INPUT_BYTES = 16 * 1024
# RFC 7692, 7.2.2: ends a message, and is not sent.
_END = b"\x00\x00\xff\xff"


class CompressedFrame(Frame):
    """A frame of a message that is still to be inflated."""


class Compression(Extension):
    """What client and server have agreed on."""

    name = PerMessageDeflate.name

    def __init__(self, agreed: PerMessageDeflate) -> None:
        """Take the package's, which deflates."""
        self._agreed = agreed
        self._compressed = False  # the message that is being received

    def encode(self, frame: Frame) -> Frame:
        """Deflate a message for the client, if it is not too long for that."""
        return self._agreed.encode(frame) if len(frame.data) <= _DEFLATED_BYTES else frame

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:  # noqa: ARG002
        """Mark a frame that is to be inflated.

        :raises ProtocolError: the client marks one that cannot be.
        """
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return frame
        if frame.opcode is not Opcode.CONT:
            self._compressed = frame.rsv1
        elif frame.rsv1:
            raise ProtocolError("RSV1 bit set in continuation frame")
        if not self._compressed:
            return frame
        return CompressedFrame(
            frame.opcode, frame.data, frame.fin, rsv2=frame.rsv2, rsv3=frame.rsv3
        )

    def inflate(self, data: bytes | bytearray) -> Iterator[bytes]:
        """Yield what a message inflates to, in bounded steps. Messages go one after the other.

        :raises zlib.error: it was not deflated.
        """
        if self._agreed.remote_no_context_takeover:
            self._agreed.decoder = zlib.decompressobj(wbits=-self._agreed.remote_max_window_bits)
        decoder = self._agreed.decoder
        inputs = [data[at : at + _INPUT_BYTES] for at in range(0, len(data), _INPUT_BYTES)]
        inputs.append(bytes(inputs.pop() if inputs else b"") + _END)
        for piece in inputs:
            part = decoder.decompress(piece, STEP_BYTES)
            yield part
            while decoder.unconsumed_tail or len(part) == STEP_BYTES:
                part = decoder.decompress(decoder.unconsumed_tail, STEP_BYTES)
                yield part


def negotiate(offers: list[bytes]) -> tuple[Compression | None, str]:
    """Return what is agreed on, and the header that says so (RFC 6455, 9.1).

    :raises InvalidHeaderFormat: what the client offers cannot be read.
    """
    offered = parse_extension(b", ".join(offers).decode("latin-1")) if offers else []
    for name, parameters in offered:
        if name == Compression.name:
            try:
                agreed, extension = _FACTORY.process_request_params(parameters, [])
            except NegotiationError:
                continue  # the client may have a second offer
            return Compression(extension), build_extension([(name, agreed)])
    return None, ""
