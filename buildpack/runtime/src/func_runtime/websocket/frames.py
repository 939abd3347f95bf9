"""The frames of a WebSocket, with the parser of the package websockets."""

import logging
from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

from websockets.exceptions import ProtocolError
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import OPEN, SERVER, Protocol

from func_runtime.websocket.compression import CompressedFrame, Compression
from func_runtime.websocket.websocket import ABNORMAL, NO_CODE, Inflate

# The package logs each end of a connection, and with debug all that is sent, which may be secret.
_log = logging.getLogger("func_runtime.websocket")
_log.setLevel(logging.WARNING)

_REASON_BYTES = 123  # RFC 6455, 5.5: what is left of a control frame after the code
# RFC 6455, 7.4.1: these stand for what happened and are never sent.
_NEVER_SENT = {ABNORMAL: 1000, 1015: 1000}


class ReceivedMessage(NamedTuple):
    """A complete message of the client's; `inflate` decompresses it, if it is compressed."""

    data: bytes | bytearray
    text: bool
    inflate: Inflate | None


class Frames:
    """Parses what the client sends, and writes what the server sends."""

    def __init__(
        self, write: Callable[[bytes], object], compression: Compression | None, max_bytes: int
    ) -> None:
        """Take the transport's write, the agreed extension, and the limit for a message."""
        self._write = write
        self._compression = compression
        self._parser = Protocol(SERVER, max_size=max_bytes, logger=_log)
        self._parser.extensions = [compression] if compression else []
        # The message that is being received.
        self._fragments = bytearray()
        self._is_text = False

    @property
    def is_open(self) -> bool:
        """Whether neither side has sent a closing frame."""
        return self._parser.state is OPEN

    @property
    def failure(self) -> Close | None:
        """The closing frame that was sent because the client has broken a rule."""
        return self._parser.close_sent if self._parser.parser_exc is not None else None

    @property
    def received_close(self) -> Close | None:
        """The closing frame that the client has sent."""
        return self._parser.close_rcvd

    def send(self, data: bytes, *, text: bool) -> None:
        """Send a message."""
        frame = Frame(Opcode.TEXT if text else Opcode.BINARY, data)
        self._write(frame.serialize(mask=False, extensions=self._parser.extensions))

    def send_close(self, code: int, reason: str) -> None:
        """Send a closing frame.

        :raises ValueError: the code is not valid.
        """
        short = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        try:
            if code == NO_CODE:
                self._parser.send_close()
            else:
                self._parser.send_close(_NEVER_SENT.get(code, code), short)
        except ProtocolError as error:
            raise ValueError(f"{code} is not a code for closing a WebSocket") from error
        self._write_own()

    def fail(self, code: int, reason: str) -> None:
        """Send a closing frame because of what the client has sent (RFC 6455, 7.1.7)."""
        self._parser.fail(code, reason)
        self._write_own()

    def ping(self) -> None:
        """Send a ping."""
        self._parser.send_ping(b"")
        self._write_own()

    def parse(self, data: bytes) -> Iterator[ReceivedMessage]:
        """Yield the messages that are complete. Pings and closing frames are answered."""
        self._parser.receive_data(data)
        self._write_own()
        for frame in self._parser.events_received():
            message = self._add(cast("Frame", frame))  # not a request: that was read before
            if message is not None:
                yield message

    def _add(self, frame: Frame) -> ReceivedMessage | None:
        """Add a fragment to its message. Return the message if it is complete."""
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            return None
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        data = cast("bytes | bytearray", frame.data)
        if frame.opcode is Opcode.CONT or not frame.fin:
            self._fragments += data
            data = self._fragments
        if not frame.fin:
            return None
        self._fragments = bytearray()
        inflate = None
        if isinstance(frame, CompressedFrame):
            assert self._compression is not None
            inflate = self._compression.inflate
        return ReceivedMessage(data, self._is_text, inflate)

    def _write_own(self) -> None:
        """Write the parser's own frames: pings, pongs and closing frames."""
        # An empty piece stands for the end of the connection, which is not the parser's matter.
        if data := b"".join(self._parser.data_to_send()):
            self._write(data)
