"""The codec: requests to events and events to responses, by the specification's words."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from func_runtime.cloudevents import event, http_binding, json_format, media_type
from func_runtime.cloudevents.event import Event, EventInvalid, Value
from func_runtime.cloudevents.http_binding import EventRejected

MINIMAL: dict[str, Value] = {"specversion": "1.0", "id": "1", "source": "/s", "type": "t"}
HEADERS = [(f"ce-{name}".encode(), str(value).encode()) for name, value in MINIMAL.items()]


def decode_one(headers: list[tuple[bytes, bytes]], body: bytes = b"") -> Event:
    """Decode a request with one event."""
    found = http_binding.decode(headers, body)
    assert isinstance(found, Event)
    return found


def structured(document: object, media: bytes = b"application/cloudevents+json") -> Event:
    """Decode a document with one event."""
    return decode_one([(b"content-type", media)], json.dumps(document).encode())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"plain", "plain"),
        (b"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        (b"%e2%82%ac", "€"),
        (b"%41%2541", "A%41"),
        (b"100%", "100%"),
        (b'"a \\"b\\" c"', 'a "b" c'),
        (b'"%22"', '"'),
        (b'"', '"'),
        ("€".encode(), "€"),
    ],
)
def test_binary_attribute(value: bytes, expected: str) -> None:
    """Quotes are taken off first, then percent signs are decoded, once."""
    assert expected == decode_one([*HEADERS, (b"ce-subject", value)]).attributes["subject"]


@pytest.mark.parametrize(
    ("content_type", "body", "data"),
    [
        (b"", b"", None),
        (b"application/json", b"", None),
        (b"application/json", b'{"a": 1}', {"a": 1}),
        (b"Application/JSON ; charset=utf-8", b"[1]", [1]),
        (b"application/json", b"[1.5, 1e-999]", [1.5, 0.0]),
        (b"application/json", "\ufeff1".encode(), 1),
        (b"application/json", b' \r\n\t{"a": 1}\n', {"a": 1}),
        (b"application/problem+json", b'"text"', "text"),
        (b"application/json; charset=latin-1", b'"\xe9"', "é"),
        (b"text/plain", "é".encode(), "é"),
        (b"text/plain", b"\xe9", "é"),
        (b'text/plain; format=flowed; charset="UTF-16LE"', "é".encode("utf-16le"), "é"),
        (b"application/octet-stream", b"text", b"text"),
        (b"application/xml", b"<a/>", b"<a/>"),
        (b"", b"bytes", b"bytes"),
    ],
)
def test_binary_data(content_type: bytes, body: bytes, data: object) -> None:
    """The content type alone decides what the data is: parsed JSON, text or bytes."""
    found = decode_one([*HEADERS, (b"content-type", content_type)], body)

    assert data == found.data
    assert content_type.decode() == found.content_type


@pytest.mark.parametrize("value", [b'""', b""])
def test_empty_extension(value: bytes) -> None:
    """An extension may be empty, with quotes or without."""
    assert "" == decode_one([*HEADERS, (b"ce-ext", value)]).attributes["ext"]


def test_nothing_is_invented() -> None:
    """An event has the attributes that were sent, and no others."""
    assert MINIMAL == decode_one([*HEADERS, (b"host", b"f")]).attributes


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (HEADERS[1:], b""),
        ([*HEADERS[1:], (b"ce-specversion", b"0.3")], b""),
        ([*HEADERS[:3], (b"ce-type", b"")], b""),
        ([*HEADERS, (b"ce-id", b"2")], b""),
        ([*HEADERS, (b"ce-subject", b"")], b""),
        ([*HEADERS, (b"ce-subject", b"%C0%A0")], b""),
        ([*HEADERS, (b"ce-subject", b"%00")], b""),
        ([*HEADERS, (b"ce-subject", b"a%0Ab")], b""),
        ([*HEADERS, (b"ce-subject", "\uffff".encode())], b""),
        ([*HEADERS, (b"ce-time", b"yesterday")], b""),
        ([*HEADERS, (b"ce-time", b"2026-13-01T00:00:00Z")], b""),
        ([*HEADERS, (b"ce-time", b"2026-01-01T00:00:00")], b""),
        ([*HEADERS, (b"ce-my_extension", b"1")], b""),
        ([*HEADERS, (b"ce-", b"1")], b""),
        ([*HEADERS, (b"ce-data", b"1")], b""),
        ([*HEADERS, (b"content-type", b"application/json")], b"{"),
        ([*HEADERS, (b"content-type", b"application/json")], b"NaN"),
        ([*HEADERS, (b"content-type", b"application/json")], b"{} {}"),
        ([*HEADERS, (b"content-type", b"application/json")], b"\x0c{}"),
        ([*HEADERS, (b"content-type", b"application/json")], b"[-1e999]"),
        ([*HEADERS, (b"content-type", b"application/json")], b"\xff"),
        ([*HEADERS, (b"content-type", b"application/json")], b"[" * 100_000),
        ([*HEADERS, (b"content-type", b"text/plain; charset=none")], b"x"),
        ([*HEADERS, (b"content-type", b"text/plain; charset=hex")], b"78"),
        ([*HEADERS, (b"content-type", b"text/plain; charset=Punycode")], b"x"),
        ([*HEADERS, (b"content-type", b"text/plain; charset=ascii")], b"\xff"),
    ],
)
def test_binary_malformed(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """An event that breaks a rule gets 400."""
    with pytest.raises(EventRejected) as caught:
        http_binding.decode(headers, body)

    assert 400 == caught.value.status


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "application/cloudevents", "application/cloudevents+xml"],
)
def test_no_event(content_type: str) -> None:
    """A request without an event, or with an unknown format, gets 415."""
    with pytest.raises(EventRejected) as caught:
        http_binding.decode([(b"content-type", content_type.encode())], b"{}")

    assert 415 == caught.value.status


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        (
            "text/plain",
            (
                "The request is not a CloudEvent: no ce- headers, and not "
                "application/cloudevents+json"
            ),
        ),
        (
            "application/cloudevents+xml",
            "The only supported event format is application/cloudevents+json",
        ),
        (
            "application/cloudevents-batch+xml",
            "The only supported event format is application/cloudevents-batch+json",
        ),
    ],
)
def test_reason_for_no_event(content_type: str, reason: str) -> None:
    """The reason has the formats that are supported."""
    with pytest.raises(EventRejected) as caught:
        http_binding.decode([(b"content-type", content_type.encode())], b"{}")

    assert reason == caught.value.reason


@pytest.mark.parametrize(
    ("members", "attributes", "data"),
    [
        ({"data": {"a": 1}}, {}, {"a": 1}),
        ({"data": "text", "datacontenttype": "application/json"}, None, "text"),
        ({"data": None, "subject": None, "time": None, "ext": None}, {}, None),
        ({"data_base64": "AAE="}, {}, b"\x00\x01"),
        ({"data_base64": "", "data": None}, {}, b""),
        ({"data_base64": "eyJhIjoxfQ==", "datacontenttype": "application/json"}, None, {"a": 1}),
        ({"data_base64": "bnVsbA==", "datacontenttype": "application/json"}, None, None),
        ({"data_base64": "W10=", "datacontenttype": "application/a+json"}, None, []),
        ({"data_base64": "w6k=", "datacontenttype": "text/plain"}, None, "é"),
        ({"data_base64": "6QA=", "datacontenttype": "text/csv; charset=utf-16le"}, None, "é"),
        ({"data_base64": "PGEvPg==", "datacontenttype": "application/xml"}, None, b"<a/>"),
        ({"data_base64": "", "datacontenttype": "application/json"}, None, None),
        ({"data": "PGEvPg==", "datacontenttype": "image/png"}, None, "PGEvPg=="),
        ({"flag": True, "count": 3}, {"flag": True, "count": 3}, None),
        ({"time": "2026-01-01T00:00:00.123456789+01:00"}, None, None),
        ({"ext": ""}, {"ext": ""}, None),
    ],
)
def test_structured(
    members: dict[str, object], attributes: dict[str, Value] | None, data: object
) -> None:
    """Members are attributes and data; null is unset."""
    found = structured({**MINIMAL, **members}, b"Application/CloudEvents+JSON; charset=UTF-8")

    assert data == found.data
    if attributes is not None:
        assert {**MINIMAL, **attributes} == found.attributes


@pytest.mark.parametrize(
    "members",
    [
        {"id": 1},
        {"id": None},
        {"type": ""},
        {"source": "\ud800"},
        {"specversion": "1.1"},
        {"subject": ["a"]},
        {"ext": 1.5},
        {"ext": {"a": 1}},
        {"count": 2**31},
        {"time": 0},
        {"Upper": "a"},
        {"data": 1, "data_base64": "AAE="},
        {"data_base64": "A"},
        {"data_base64": "AAE=\n"},
        {"data_base64": 1},
        {"data_base64": "ew==", "datacontenttype": "application/json"},
        {"data_base64": "gA==", "datacontenttype": "text/plain; charset=utf-8"},
    ],
)
def test_structured_malformed(members: dict[str, object]) -> None:
    """What breaks the JSON format or the specification is 400."""
    with pytest.raises(EventRejected) as caught:
        structured({**MINIMAL, **members})

    assert 400 == caught.value.status


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"specversion": "1.1"}, "the attribute specversion is not 1.0"),
        ({"type": ""}, "the attribute type is missing or empty"),
        ({"subject": ""}, "the attribute subject is empty"),
        ({"subject": "a\n"}, "the attribute subject has characters that are not allowed"),
        ({"ext": 1.5}, "the attribute ext has a value of the wrong type"),
        ({"time": "yesterday"}, "the attribute time is not an RFC 3339 time"),
        ({"data": 1, "data_base64": "AAE="}, "the event has both data and data_base64"),
        ({"data_base64": "A"}, "data_base64 is not valid base64"),
        (
            {"data_base64": "gA==", "datacontenttype": "text/plain; charset=utf-8"},
            "the data is not in the charset of its content type",
        ),
    ],
)
def test_reason(members: dict[str, object], reason: str) -> None:
    """The reason has the rule and the attribute."""
    with pytest.raises(EventRejected) as caught:
        structured({**MINIMAL, **members})

    assert f"Malformed event: {reason}" == caught.value.reason


def test_reason_for_a_reserved_name() -> None:
    """data is not an attribute, even if a header has that name."""
    with pytest.raises(EventRejected) as caught:
        decode_one([*HEADERS, (b"ce-data", b"1")])

    assert "Malformed event: no attribute may be named data" == caught.value.reason


def test_reason_for_a_batch_of_one_event() -> None:
    """A batch is an array, also if it has one event."""
    headers = [(b"content-type", b"application/cloudevents-batch+json")]

    with pytest.raises(EventRejected) as caught:
        http_binding.decode(headers, json.dumps(MINIMAL).encode())

    assert "Malformed event: the batch is not a JSON array" == caught.value.reason


@pytest.mark.parametrize("document", [[], "text", 1, None])
def test_structured_is_no_object(document: object) -> None:
    """JSON that is not an object gets 400."""
    with pytest.raises(EventRejected):
        structured(document)


def test_reasons_have_no_words_of_the_client() -> None:
    """The response to a malformed event repeats none of its values."""
    with pytest.raises(EventRejected) as caught:
        structured({**MINIMAL, "subject": "secret\n"})

    assert "secret" not in caught.value.reason


def test_batch() -> None:
    """A batch is a list of events."""
    headers = [(b"content-type", b"application/cloudevents-batch+json")]

    found = http_binding.decode(headers, json.dumps([MINIMAL, MINIMAL]).encode())

    assert [Event(MINIMAL), Event(MINIMAL)] == found
    parsed = {**MINIMAL, "datacontenttype": "application/json"}
    body = json.dumps([{**parsed, "data_base64": "MQ=="}]).encode()
    assert [Event(parsed, 1)] == http_binding.decode(headers, body)
    assert [] == http_binding.decode(headers, b"[]")


# U+0021 to U+007E without " and %, as 3.1.3.2 of the HTTP binding has it.
PRINTABLE = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JSON = {"datacontenttype": "application/json"}


def test_encode_structured() -> None:
    """Attributes are members with their JSON types. The content type of the data is declared."""
    attributes = {**MINIMAL, "time": NOON, "flag": True, "count": 3, "raw": b"\x00"}

    content = http_binding.encode_structured(event.create(attributes, {"ä": 1}))

    assert [(b"content-type", b"application/cloudevents+json")] == list(content.headers)
    expected = {"time": "2026-01-01T12:00:00Z", "flag": True, "count": 3, "raw": "AA=="}
    expected |= {"datacontenttype": "application/json", "data": {"ä": 1}}
    assert {**MINIMAL, **expected} == json.loads(content.body)
    assert "ä".encode() in content.body


@pytest.mark.parametrize(
    ("data", "members"),
    [
        (None, {}),
        (b"\x00\x01", {"data_base64": "AAE="}),
        ("text", JSON | {"data": "text"}),
        ("half of a pair: \ud83d", JSON | {"data": "half of a pair: \ud83d"}),
        (False, JSON | {"data": False}),
    ],
)
def test_encode_structured_data(data: object, members: dict[str, object]) -> None:
    """Bytes are base64, all other data is JSON with its content type. None is omitted."""
    body = http_binding.encode_structured(Event(MINIMAL, data)).body

    assert {**MINIMAL, **members} == json.loads(body)


def test_encode_batch() -> None:
    """A batch is an array."""
    content = http_binding.encode_batch([Event(MINIMAL), Event(MINIMAL)])

    assert [(b"content-type", b"application/cloudevents-batch+json")] == list(content.headers)
    assert [MINIMAL, MINIMAL] == json.loads(content.body)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Euro € 😀", b"Euro%20%E2%82%AC%20%F0%9F%98%80"),
        ('50% "off"', b"50%25%20%22off%22"),
        ("/a?b=c&d#e~", b"/a?b=c&d#e~"),
        ("a b", b"a%20b"),
        ('a"b', b"a%22b"),
        ("50%", b"50%25"),
        ("€", b"%E2%82%AC"),
        (PRINTABLE, PRINTABLE.encode()),
        (f' {PRINTABLE}"%', b"%20" + PRINTABLE.encode() + b"%22%25"),
        (True, b"true"),
        (False, b"false"),
        (-3, b"-3"),
        (b"\x00\x01", b"AAE="),
        (NOON.astimezone(timezone(timedelta(hours=1))), b"2026-01-01T13:00:00+01:00"),
    ],
)
def test_encode_binary_attribute(value: object, expected: bytes) -> None:
    """Values are canonical strings, percent-encoded; they decode to what they were."""
    headers = dict(http_binding.encode_binary(event.create({**MINIMAL, "ext": value})).headers)

    assert expected == headers[b"ce-ext"]
    if isinstance(value, str):
        assert value == decode_one(list(headers.items())).attributes["ext"]


@pytest.mark.parametrize(
    ("content_type", "data", "header", "body"),
    [
        ("", None, None, b""),
        ("", {"message": "OK"}, b"application/json", b'{"message":"OK"}'),
        ("", "text", b"application/json", b'"text"'),
        ("", b"raw", None, b"raw"),
        ("", bytearray(b"raw"), None, b"raw"),
        ("", b"", None, b""),
        ("application/json", ["a", True, None], b"application/json", b'["a",true,null]'),
        ("application/json", "hi", b"application/json", b'"hi"'),
        ("application/json", b'{"a":1}', b"application/json", b'{"a":1}'),
        ("text/plain", "é", b"text/plain", "é".encode()),
        ("text/plain; charset=latin-1", "é", b"text/plain; charset=latin-1", b"\xe9"),
        ("text/plain", 1, b"text/plain", b"1"),
        ("image/png", bytearray(b"\x89"), b"image/png", b"\x89"),
        ("image/png", None, b"image/png", b""),
    ],
)
def test_encode_binary_data(
    content_type: str, data: object, header: bytes | None, body: bytes
) -> None:
    """The body is the data in its content type, which is in Content-Type, not in a ce- header."""
    declared: dict[str, Value] = {"datacontenttype": content_type} if content_type else {}
    content = http_binding.encode_binary(Event({**MINIMAL, **declared}, data))

    headers = dict(content.headers)
    assert body == content.body
    assert header == headers.get(b"content-type")
    assert b"ce-datacontenttype" not in headers


ENDLESS: list[object] = [1]
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize("data", [object(), {1, 2}, float("nan"), ENDLESS])
def test_encode_what_json_has_not(data: object) -> None:
    """Data that JSON cannot express is an error of the function."""
    with pytest.raises((TypeError, ValueError)):
        http_binding.encode_structured(Event(MINIMAL, data))


@pytest.mark.parametrize(
    "attributes",
    [
        {"datacontenttype": "text/plain\r\nx-injected: 1"},
        {"ext": "a\nb"},
        {"Ext": "a"},
        {"time": datetime(2026, 1, 1)},  # noqa: DTZ001 -- it must have a zone
        {"time": b"noon"},
        {"id": b"1"},
        {"id": NOON},
        {"ext": -(2**31) - 1},
    ],
)
def test_check(attributes: dict[str, object]) -> None:
    """An attribute that breaks the specification is found before it is on the wire."""
    with pytest.raises(EventInvalid):
        event.create({**MINIMAL, **attributes})


@pytest.mark.parametrize("name", MINIMAL)
@pytest.mark.parametrize("value", [None, ""])
def test_required(name: str, value: str | None) -> None:
    """An event without one of the required attributes, or with an empty one, is not valid."""
    with pytest.raises(EventInvalid, match=f"the attribute {name} is missing or empty"):
        event.create({**MINIMAL, name: value})

    others = {other: MINIMAL[other] for other in MINIMAL if other != name}
    with pytest.raises(EventInvalid, match=f"the attribute {name} is missing or empty"):
        event.create(others)


@pytest.mark.parametrize("value", [-(2**31), 2**31 - 1, False, b"", NOON])
def test_extensions_of_other_types(value: object) -> None:
    """An extension may have any type of the specification, with its whole range."""
    event.create({**MINIMAL, "ext": value})


def test_names_are_remembered_within_bounds() -> None:
    """Made-up names are checked, too, and do not fill the memory."""
    for number in range(2000):
        event.create({**MINIMAL, f"made{number}": "up"})

    assert 1024 == len(event._names)  # noqa: SLF001 -- nothing else shows it
    with pytest.raises(EventInvalid):
        event.create({**MINIMAL, "Made": "up"})


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run where the local time is not UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_leap_second_elsewhere() -> None:
    """The month of a leap second ends in UTC, in any local time zone."""
    assert datetime(2017, 1, 1, tzinfo=UTC) == event.parse_time("2016-12-31T23:59:60Z")


@pytest.mark.usefixtures("elsewhere")
def test_offset_with_seconds_elsewhere() -> None:
    """A time whose offset RFC 3339 cannot express is sent in UTC, in any local time zone."""
    amsterdam = timezone(timedelta(minutes=19, seconds=32))

    assert "2026-01-01T12:00:00Z" == event.time_text(NOON.astimezone(amsterdam))


def test_unassigned_characters_are_allowed() -> None:
    """Characters that Unicode has yet to name are not control characters."""
    event.create({**MINIMAL, "ext": "\u0378\u00a0"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T12:00:00Z", NOON),
        ("2026-01-01t12:00:00.000z", NOON),
        ("2026-01-01T13:00:00+01:00", NOON),
        ("2026-01-01T12:00:00.123456789Z", NOON.replace(microsecond=123456)),
        ("2026-01-01T12:00:00-00:00", NOON),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("1990-12-31t15:59:60-08:00", datetime(1991, 1, 1, tzinfo=UTC)),
        ("2012-06-30T23:59:60.5z", datetime(2012, 7, 1, microsecond=500_000, tzinfo=UTC)),
    ],
)
def test_time(text: str, expected: datetime) -> None:
    """Times are RFC 3339, in any case and with any number of digits."""
    assert expected == event.parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-31T23:59:61Z",
        "2016-12-31T12:00:60Z",
        "2016-12-30T23:59:60Z",
        "2016-12-31T23:59:60+01:00",
        "9999-12-31T23:59:60Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T12:60:00Z",
        "2026-01-01T12:00:00+01:60",
        "2026-01-01T12:00:00+24:00",
        "2026-01-01T12:00:00+01",
        "2026-01-01T12:00:00,5Z",
        "2026-01-01 12:00:00Z",
        "2026-02-29T12:00:00Z",
        "20260101T120000Z",
        "٢٠٢٦-01-01T12:00:00Z",
    ],
)
def test_no_time(text: str) -> None:
    """Times that RFC 3339 does not allow are invalid, even if other standards allow them."""
    with pytest.raises(EventInvalid):
        event.parse_time(text)


def test_offset_with_seconds() -> None:
    """A time whose offset RFC 3339 cannot express is sent in UTC."""
    amsterdam = timezone(timedelta(minutes=19, seconds=32))

    assert "2026-01-01T12:00:00Z" == event.time_text(NOON.astimezone(amsterdam))


def test_unknown_charset_of_a_reply() -> None:
    """A reply in an unknown charset is an error of the function."""
    with pytest.raises(ValueError, match="charset"):
        media_type.parse("text/plain; charset=none").encode("a")


def test_data_of_a_view() -> None:
    """A view of memory is bytes like any other."""
    body = json_format.encode(Event(MINIMAL, memoryview(b"raw")))

    assert base64.b64encode(b"raw").decode() == json.loads(body)["data_base64"]
