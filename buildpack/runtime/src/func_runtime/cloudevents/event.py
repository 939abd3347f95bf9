"""An event: attributes and data, without an SDK. Checks the rules that all modes share.

Sections are of the CloudEvents specification 1.0 (https://github.com/cloudevents/spec).
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

SPECVERSION = "1.0"
REQUIRED = ("specversion", "id", "source", "type")
_TEXT = frozenset((*REQUIRED, "subject", "datacontenttype", "dataschema"))

Value = str | int | bool
# The types of binary data.
BYTES = (bytes, bytearray, memoryview)

# "Naming conventions": lower-case letters and digits.
_NAME = re.compile(r"[a-z0-9]+")
# Names that are valid. There are few, and they should have at most 20 characters ("Naming
# conventions" again). The limits are for senders that make up names.
_names = set[str]()
_REMEMBERED = 1024
_USUAL_LENGTH = 20
# "Type system", String: no control characters, surrogates or noncharacters.
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
    + "]"
)
# Characters of a client's text that messages show.
_MAX_SHOWN = 80
# RFC 3339, 5.6. The fraction may have any number of digits. Python also takes an hour 24, and 60
# minutes of an offset.
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt](?!24)\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:[0-5]\d)", re.ASCII
)
_SECONDS = slice(17, 19)
_SECOND = timedelta(seconds=1)
# "Type system", Integer: signed 32 bits.
_INTEGER = 2**31


class EventInvalid(ValueError):
    """An event breaks a rule of the specification.

    The message has the rule and the attribute, never a value. `attributes` are those that are known
    so far.
    """

    attributes: Mapping[str, object] = {}


@dataclass(slots=True)
class Event:
    """An event. `data` is parsed JSON, text or bytes, by its content type, or None.

    `create` makes valid ones. `time` is the attribute of that name, parsed, if it was text.
    """

    attributes: dict[str, Value]
    data: object = None
    time: datetime | None = None

    @property
    def content_type(self) -> str:
        """The media type of the data, empty if it is not declared."""
        return str(self.attributes.get("datacontenttype", ""))


def create(attributes: Mapping[str, object], data: object = None) -> Event:
    """Create an event. An attribute that is None is ignored. Times and bytes become text.

    :raises EventInvalid: an attribute is missing, or a name or a value is not valid.
    """
    if not _has_required(attributes):
        _raise_for_required(attributes)
    valid: dict[str, Value] = {}
    for name, value in attributes.items():
        # This is enough for nearly all attributes, and fast.
        if type(value) is str and name in _names and value and value.isprintable():
            valid[name] = value
        elif value is not None:
            valid[name] = _checked(name, value)
    time = attributes.get("time")
    return Event(valid, data, parse_time(time) if isinstance(time, str) else None)


def shown(text: object) -> str:
    """Return a client's text for a message: in quotes, on one line, and not too long."""
    return repr(str(text)[:_MAX_SHOWN])


def parse_time(text: str) -> datetime:
    """Read an RFC 3339 time. A leap second is the first second after it, as Unix counts.

    :raises EventInvalid: it is not one.
    """
    try:
        if _TIME.fullmatch(text):
            upper = text.upper()
            if upper[_SECONDS] != "60":
                return datetime.fromisoformat(upper)
            after = datetime.fromisoformat(f"{upper[:17]}59{upper[19:]}") + _SECOND
            # RFC 3339, 5.7: there are leap seconds at the end of a month in UTC only.
            utc = after.astimezone(UTC)
            if (utc.day, utc.hour, utc.minute) == (1, 0, 0):
                return after
    except (ValueError, OverflowError):
        pass
    raise EventInvalid("the attribute time is not an RFC 3339 time")


def time_text(time: datetime) -> str:
    """Return a time in the format of RFC 3339, whose offsets have no seconds."""
    if offset := time.utcoffset():
        time = time.astimezone(UTC) if offset.seconds % 60 else time
    return time.isoformat().replace("+00:00", "Z")


def _has_required(attributes: Mapping[str, object]) -> bool:
    try:
        return bool(
            attributes["specversion"] == SPECVERSION
            and attributes["id"]
            and attributes["source"]
            and attributes["type"]
        )
    except KeyError:
        return False


def _raise_for_required(attributes: Mapping[str, object]) -> NoReturn:
    for name in REQUIRED:
        if not attributes.get(name):
            raise EventInvalid(f"the attribute {name} is missing or empty")
    raise EventInvalid(f"the attribute specversion is not {SPECVERSION}")


def _checked(name: str, value: object) -> Value:
    """Return the value of any attribute.

    :raises EventInvalid: its name or the value is not valid.
    """
    if name not in _names:
        _check_name(name)
    if type(value) is str:
        _check_text(name, value)
        return value
    if name not in _TEXT:
        if isinstance(value, datetime) and value.tzinfo is not None:
            return time_text(value)
        if name != "time":
            if isinstance(value, int) and -_INTEGER <= value < _INTEGER:
                return value
            if isinstance(value, bytes):
                return base64.b64encode(value).decode()
    raise EventInvalid(f"the attribute {name} has a value of the wrong type")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        found = shown(name)
        raise EventInvalid(f"the attribute name {found} has other characters than a-z and 0-9")
    if name == "data":
        raise EventInvalid("no attribute may be named data")
    if len(_names) < _REMEMBERED and len(name) <= _USUAL_LENGTH:
        _names.add(name)


def _check_text(name: str, value: str) -> None:
    if not value and name in _TEXT:
        raise EventInvalid(f"the attribute {name} is empty")
    if _FORBIDDEN.search(value):
        raise EventInvalid(f"the attribute {name} has characters that are not allowed")
