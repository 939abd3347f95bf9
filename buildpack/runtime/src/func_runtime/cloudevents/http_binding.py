"""The HTTP protocol binding: requests to events, events to responses.

Section numbers are of the CloudEvents HTTP Protocol Binding 1.0.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from func_runtime.asgi import Headers
from func_runtime.cloudevents import event, json_format, media_type
from func_runtime.cloudevents.event import Event, EventInvalid, Value
from func_runtime.http import responses

_PREFIX = b"ce-"
_STRUCTURED = ((b"content-type", media_type.STRUCTURED.encode()),)
_BATCH = ((b"content-type", media_type.BATCH.encode()),)
# 3.1.3.2: everything but these is percent-encoded; they are U+0021 to U+007E without " and %.
_SAFE = "!#$&'()*+,-./:;<=>?@[\\]^_`{|}~"


@dataclass(eq=False)
class EventRejected(Exception):
    """A request is answered with an error. The reason contains nothing of the client's but names.

    `attributes` are those of the event that are known.
    """

    status: int
    reason: str
    attributes: Mapping[str, object] = field(default_factory=dict)


class Content(NamedTuple):
    """Headers and body of a message."""

    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


def decode(headers: Headers, body: bytes) -> Event | list[Event]:
    """Read the event of a request, or the events of a batch.

    :raises EventRejected: there is no event (415), or it is malformed (400).
    """
    content_type = header(headers, b"content-type").decode("latin-1")
    kind = media_type.parse(content_type)
    try:
        # 3: the content type alone decides, whatever other headers there are.
        if kind.name.startswith("application/cloudevents-batch"):
            return _decode_batch(kind, body)
        if kind.name.startswith("application/cloudevents"):
            _require(kind, media_type.STRUCTURED)
            return _decode_structured(json_format.parse(body, kind))
        return _decode_binary(headers, content_type, body)
    except EventInvalid as error:
        reason = f"Malformed event: {error}"
        raise EventRejected(responses.BAD_REQUEST, reason, error.attributes) from error


def encode_structured(source: Event) -> Content:
    """Return an event as one JSON document (3.2)."""
    # Without a charset: func compares the text, and JSON is UTF-8.
    return Content(_STRUCTURED, json_format.encode(source))


def encode_batch(sources: list[Event]) -> Content:
    """Return events as one JSON array (3.3)."""
    return Content(_BATCH, json_format.encode_batch(sources))


def encode_binary(source: Event) -> Content:
    """Return an event as headers, with only its data as the body (3.1).

    :raises TypeError: its data cannot be encoded in its content type.
    """
    headers = [
        (_PREFIX + name.encode(), _header_value(value))
        for name, value in source.attributes.items()
        if name != "datacontenttype"
    ]
    content = encode_data(source.data, source.content_type)
    return Content([*headers, *content.headers], content.body)


def encode_data(data: object, content_type: str) -> Content:
    """Return data in its media type. Without one, bytes stay as they are, and other data is JSON.

    :raises TypeError: it cannot be encoded in its content type.
    """
    if not content_type:
        if data is None or isinstance(data, event.BYTES):
            return Content([], bytes(data or b""))
        content_type = media_type.JSON
    headers = [(b"content-type", content_type.encode())]
    return Content(headers, _body(data, media_type.parse(content_type)))


def _body(data: object, kind: media_type.MediaType) -> bytes:
    if data is None:
        return b""
    if isinstance(data, event.BYTES):
        return bytes(data)
    if isinstance(data, str) and not kind.is_json:
        return kind.encode(data)
    return json_format.dump(data)


def header(headers: Headers, name: bytes) -> bytes:
    """Return the value of the first header of a name, or an empty one."""
    for key, value in headers:
        if key == name:
            return value
    return b""


def _require(kind: media_type.MediaType, supported: str) -> None:
    if kind.name != supported:
        raise EventRejected(
            responses.UNSUPPORTED_MEDIA_TYPE, f"The only supported event format is {supported}"
        )


def _decode_batch(kind: media_type.MediaType, body: bytes) -> list[Event]:
    _require(kind, media_type.BATCH)
    document = json_format.parse(body, kind)
    if not isinstance(document, list):
        raise EventInvalid("the batch is not a JSON array")
    return [_decode_member(number, member) for number, member in enumerate(document, start=1)]


def _decode_member(number: int, member: object) -> Event:
    try:
        return _decode_structured(member)
    except EventInvalid as error:
        located = EventInvalid(f"event {number} of the batch: {error}")
        located.attributes = error.attributes
        raise located from error


def _decode_structured(document: object) -> Event:
    """Read an event. Bytes, which JSON has as data_base64, are read as in binary mode."""
    found = json_format.decode(document)
    if isinstance(found.data, bytes) and found.content_type:
        found.data = decode_data(found.content_type, found.data)
    return found


def _decode_binary(headers: Headers, content_type: str, body: bytes) -> Event:
    attributes: dict[str, str] = {}
    try:
        return _read_binary(headers, content_type, body, attributes)
    except EventInvalid as error:
        error.attributes = attributes
        raise


def _read_binary(
    headers: Headers, content_type: str, body: bytes, attributes: dict[str, str]
) -> Event:
    for key, value in headers:
        if (name := _attribute(key)) is not None:
            if name in attributes:
                raise EventInvalid(f"there is more than one attribute {event.shown(name)}")
            attributes[name] = _header_text(name, value)
    if not attributes:
        raise EventRejected(
            responses.UNSUPPORTED_MEDIA_TYPE,
            f"The request is not a CloudEvent: no ce- headers, and not {media_type.STRUCTURED}",
        )
    # 3.1.1: Content-Type is datacontenttype, and a header of that name must not exist.
    if content_type:
        attributes["datacontenttype"] = content_type
    found = event.create(attributes)
    found.data = decode_data(content_type, body)
    return found


def decode_data(content_type: str, body: bytes) -> object:
    """Read data: parsed JSON, text or bytes, by its media type; None if there is no data.

    :raises EventInvalid: it does not match its media type.
    """
    if not body:
        return None
    kind = media_type.parse(content_type)
    if kind.is_json:
        return json_format.parse(body, kind)
    if not kind.is_text:
        return body
    try:
        return kind.decode(body)
    except ValueError as error:
        raise EventInvalid("the data is not in the charset of its content type") from error


@lru_cache(maxsize=256)
def _attribute(key: bytes) -> str | None:
    """Return the name of the attribute in a header, or None if it is another header."""
    return key.removeprefix(_PREFIX).decode("latin-1") if key.startswith(_PREFIX) else None


def _header_text(name: str, value: bytes) -> str:
    """Decode the header of an attribute (3.1.3.2): quotes first, then percent-encoding, once."""
    try:
        text = value.decode()
        if '"' not in text and "%" not in text:
            return text
        if text.startswith('"') and text.endswith('"') and len(text) > 1:
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise EventInvalid(f"the attribute {event.shown(name)} is not valid UTF-8") from error


def _header_value(value: Value) -> bytes:
    """Encode the value of an attribute for a header: its canonical string, percent-encoded."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    text = str(value)
    # quote() takes longer than all else here.
    if text.isascii() and not (" " in text or '"' in text or "%" in text):
        return text.encode()
    return quote(text, safe=_SAFE).encode()
