"""The JSON event format: an event or a batch as one document, in both directions."""

import base64
import json
import math
from _json import make_encoder
from collections.abc import Iterable
from typing import Any, NoReturn

from func_runtime.cloudevents import event
from func_runtime.cloudevents.event import Event, EventInvalid
from func_runtime.cloudevents.media_type import JSON, MediaType

_WHITE_SPACE = " \t\n\r"  # RFC 8259, 2


def decode(document: object) -> Event:
    """Read an event from parsed JSON, and remove its data from that.

    A member that is null counts as missing.

    :raises EventInvalid: it is not valid.
    """
    if not isinstance(document, dict):
        raise EventInvalid("the event is not a JSON object")
    data = document.pop("data", None)
    encoded = document.pop("data_base64", None)
    try:
        return _read(document, data, encoded)
    except EventInvalid as error:
        error.attributes = document
        raise


def _read(members: dict[str, object], data: object, encoded: object) -> Event:
    if encoded is None:
        return event.create(members, data)
    if data is not None:
        raise EventInvalid("the event has both data and data_base64")
    found = event.create(members)
    found.data = _decode_bytes(encoded)
    return found


def encode(source: Event) -> bytes:
    """Return an event as a JSON document.

    :raises TypeError: its data cannot be encoded in JSON.
    """
    return dump(_members(source))


def encode_batch(sources: Iterable[Event]) -> bytes:
    """Return events as one JSON array.

    :raises TypeError: the data of one cannot be encoded in JSON.
    """
    return dump([_members(source) for source in sources])


def parse(content: bytes, kind: MediaType) -> Any:  # noqa: ANN401 -- parsed JSON
    """Parse JSON strictly: in UTF-8 unless `kind` has another charset, and without NaN.

    A number that is too large is not valid: Python would read it as infinite.

    :raises EventInvalid: it is not JSON.
    """
    try:
        # Not decode(): it looks for white space with regular expressions.
        text = kind.decode(content).removeprefix("\ufeff").strip(_WHITE_SPACE)
        found, end = _decoder.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise EventInvalid("the content is not valid JSON") from error
    if end != len(text):
        raise EventInvalid("the content is not valid JSON: something follows its end")
    return found


def dump(value: object) -> bytes:
    """Return a value as JSON.

    :raises TypeError: it cannot be encoded in JSON.
    :raises ValueError: it has NaN, or contains itself.
    """
    try:
        return "".join(_encode(value, 0)).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which has to be escaped in JSON
        return _ascii_encoder.encode(value).encode()
    except RecursionError:  # it contains itself, perhaps: this one looks for that
        return _encoder.encode(value).encode()


def _members(source: Event) -> dict[str, object]:
    members: dict[str, object] = {**source.attributes}
    if isinstance(source.data, event.BYTES):
        members["data_base64"] = base64.b64encode(source.data).decode()
    elif source.data is not None:
        # 3.1.1: the default is JSON. But Knative's broker forwards a reply in binary mode, where Go
        # would guess the type: text/plain.
        members.setdefault("datacontenttype", JSON)
        members["data"] = source.data
    return members


def _decode_bytes(encoded: object) -> bytes:
    try:
        if isinstance(encoded, str):
            return base64.b64decode(encoded, validate=True)
    except ValueError:
        pass
    raise EventInvalid("data_base64 is not valid base64")


def _finite(text: str) -> float:
    """Read a number. 1e999 is not valid: a reply could not contain it."""
    if math.isinf(number := float(text)):
        raise ValueError(text)
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


# Reused: json.loads and json.dumps create new ones in each call with options.
_decoder = json.JSONDecoder(parse_float=_finite, parse_constant=_no_constant)
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_ascii_encoder = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
# What _encoder.encode() creates in each call: that takes as long as to encode a small event.
_encode = make_encoder(
    None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", False, False, False
)
