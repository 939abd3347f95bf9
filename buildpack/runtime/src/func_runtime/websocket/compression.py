"""Compression of messages on a WebSocket (RFC 7692), with a limit for decompression.

The package websockets negotiates, and compresses. It would decompress a message at once when it
arrives. Here a message is decompressed in steps, when the application receives it. Until then it
stays compressed, which may take a thousandth of the memory.
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
# A longer message is sent uncompressed: to compress it would take tens of milliseconds.
_DEFLATED_BYTES = 1024 * 1024
# A step's output and input. Either takes less than a millisecond.
STEP_BYTES = 256 * 1024
_INPUT_BYTES = 16 * 1024
# RFC 7692, 7.2.2: the end of a message, which is not sent.
_END = b"\x00\x00\xff\xff"


class CompressedFrame(Frame):
    """A frame of a message that is not decompressed yet."""


class Compression(Extension):
    """The extension that client and server have agreed on."""

    name = PerMessageDeflate.name

    def __init__(self, agreed: PerMessageDeflate) -> None:
        """Take the package's extension, which compresses."""
        self._agreed = agreed
        self._compressed = False  # the message that is being received is compressed

    def encode(self, frame: Frame) -> Frame:
        """Compress a message for the client, if it is not too long for that."""
        return self._agreed.encode(frame) if len(frame.data) <= _DEFLATED_BYTES else frame

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:  # noqa: ARG002
        """Mark a frame that has to be decompressed.

        :raises ProtocolError: only the first frame of a message may say that it is compressed.
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
        """Yield a message, decompressed, in bounded steps. Messages have to be in order.

        :raises zlib.error: it is not compressed data.
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
    """Return the extension, and the header for it (RFC 6455, 9.1).

    :raises InvalidHeaderFormat: the client's header is malformed.
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
