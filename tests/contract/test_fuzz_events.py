"""Events of all shapes, right and wrong, against a running process.

An invalid event is an error of the sender (4xx, not delivered again). An exception of the function
is not (5xx, delivered again). The log contains nothing of the event.
"""

import json
import socket
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.fuzzing import FUZZ
from contract.runtime_process import PATIENCE, Runtime, serving

SECRET = b"hunter2"
# Replies with the event that it got, or raises what a header says.
FUNCTION = """
import asyncio, builtins, json
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent

async def handle(scope, receive, send):
    headers = dict(scope["headers"])
    match headers.get(b"x-raise", b"").decode():
        case "":
            return scope["event"]
        case "sdk":
            CloudEvent({"id": 1}, None)
        case "sdk by hand":
            raise CloudEventValidationError({})
        case "reply":
            await send({"type": "t", "source": "s", "time": "yesterday"})
        case "reply that JSON has not":
            return {"type": "t", "source": "s", "data": object()}
        case "json":
            json.loads("{")
        case "unicode":
            b"\\xff".decode()
        case "cancelled":
            raise asyncio.CancelledError
        case name:
            raise getattr(builtins, name)("no")
"""
RAISED = [
    *("TypeError", "ValueError", "KeyError", "AttributeError", "LookupError", "RuntimeError"),
    *("OSError", "ConnectionResetError", "TimeoutError", "RecursionError", "MemoryError"),
    *("StopAsyncIteration", "StopIteration", "AssertionError", "SystemExit", "KeyboardInterrupt"),
    *("sdk", "sdk by hand", "reply", "reply that JSON has not", "json", "unicode", "cancelled"),
]
Headers = list[tuple[bytes, bytes]]

REQUIRED: Headers = [
    (b"ce-specversion", b"1.0"),
    (b"ce-id", b"1"),
    (b"ce-source", b"s"),
    (b"ce-type", b"t"),
]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Serve the function; at the end it has logged no secret and no failure of the runtime's."""
    folder = tmp_path_factory.mktemp("events")
    (folder / "function.py").write_text(FUNCTION)
    variables = {"FUNC_INVOKE": "cloudevent", "LOG_LEVEL": "debug"}
    with serving(folder, folder / "log", variables=variables) as process:
        yield process
    assert SECRET.decode() not in process.log
    assert "The application raised" not in process.log


def post(runtime: Runtime, headers: Headers, body: bytes) -> int:
    """Send a request with bytes as they are, a secret in each part; return the status."""
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    head = (
        b"POST /?q=%b HTTP/1.1\r\nhost: f\r\nauthorization: %b\r\nconnection: close\r\n"
        b"content-length: %d\r\n%b\r\n" % (SECRET, SECRET, len(body), lines)
    )
    with socket.create_connection(("127.0.0.1", runtime.port), PATIENCE) as connection:
        connection.sendall(head + body)
        received = b""
        while part := connection.recv(65536):
            received += part
    assert received.startswith(b"HTTP/1.1 "), received
    return int(received[9:12])


def assert_answered(status: int) -> None:
    """The response is the function's reply, or a 4xx for the sender."""
    assert status in (200, 400, 415)


names = st.one_of(
    st.sampled_from([*"abz", "id", "source", "type", "time", "subject", "specversion"]),
    st.sampled_from(["datacontenttype", "dataschema", "data", "data_base64", "comexample1"]),
    st.text(max_size=25),
)
texts = st.one_of(
    st.sampled_from(["", "1.0", "0.3", "s", "a\r\nx: y", "\x00", "\ud800", "\uffff"]),
    st.sampled_from(["2024-02-30T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z"]),
    st.sampled_from(["application/json", "text/plain; charset=nonsense", "image/png", "a/b;c\r\n"]),
    st.text(max_size=20),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
minimal = {"specversion": "1.0", "id": "1", "source": "s", "type": "t"}
documents = st.one_of(
    st.dictionaries(names, values, max_size=4).map(lambda members: minimal | members),
    st.dictionaries(names, values, max_size=6),
    values,
)
charsets = [
    "",
    "; charset=utf-8",
    ";charset=UTF-16",
    "; charset=nonsense",
    ' ; charset="hex"',
    ";charset=idna",
]
structured_types = st.sampled_from(
    ["application/cloudevents+json", "Application/CloudEvents+JSON", "application/cloudevents"]
)
batch_types = st.sampled_from(
    ["application/cloudevents-batch+json", "application/cloudevents-batch"]
)


@FUZZ
@given(documents, structured_types, st.sampled_from(charsets))
@example(minimal | {"data": "\ud800"}, "application/cloudevents+json", "")
def test_structured(runtime: Runtime, document: object, media: str, charset: str) -> None:
    """Any JSON is either an event or rejected."""
    body = json.dumps(document).encode()

    assert_answered(post(runtime, [(b"content-type", f"{media}{charset}".encode())], body))


@FUZZ
@given(st.lists(documents, max_size=4) | documents, batch_types, st.sampled_from(charsets))
def test_batch(runtime: Runtime, document: object, media: str, charset: str) -> None:
    """The same is true for any batch."""
    headers = [
        (b"content-type", f"{media}{charset}".encode()),
        (b"accept", b"application/cloudevents-batch+json"),
    ]
    status = post(runtime, headers, json.dumps(document).encode())

    assert status in (200, 202, 400, 415)  # 202: no events, no replies


# What a header may hold on the wire (RFC 9110, 5.5); the rest is refused by the parser.
field_values = st.one_of(
    st.sampled_from(
        [b"", b'"', b'""', b'"a \\" b"', b'"\\"', b"%", b"%zz", b"%C0%A0", b"%ED%A0%80"]
    ),
    st.sampled_from([b"%00", b"%0d%0a", b"%25", b"a b", b"\xe9", b"\xf0\x9f\x92\xa9"]),
    texts.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=20),
).map(lambda value: bytes(byte for byte in value if byte > 31 and byte != 127))
field_names = st.one_of(
    st.sampled_from(
        [b"ce-id", b"ce-time", b"CE-Subject", b"ce-data", b"ce-", b"ce-datacontenttype"]
    ),
    st.from_regex(rb"[cC][eE]-[!#$%&'*+.^_`|~0-9A-Za-z-]{0,24}", fullmatch=True),
)
media_types = st.one_of(
    st.sampled_from(
        [b"", b"application/json", b"Application/JSON ; charset=utf-16", b"text/plain"]
    ),
    st.sampled_from(
        [b"text/plain;charset=rot13", b"text/x; charset=\x80", b";", b"=;=", b"a/b+json"]
    ),
    st.sampled_from([b"application/cloudevents+avro", b"multipart/form-data; boundary=", b"*/*"]),
    field_values,
)
bodies = st.one_of(
    st.binary(max_size=60),
    documents.map(lambda document: json.dumps(document).encode()),
    st.sampled_from([b"{", b"NaN", b"-", b'"\\ud800"', b"\xef\xbb\xbf{}", b"1" * 5000, b"1e999"]),
)


@FUZZ
@example([], True, b"application/json", b"1e999")
@given(
    st.lists(st.tuples(field_names, field_values), max_size=4), st.booleans(), media_types, bodies
)
def test_binary(
    runtime: Runtime, headers: Headers, complete: bool, media: bytes, body: bytes
) -> None:
    """Any headers with any body are either an event or rejected."""
    required = REQUIRED if complete else []
    sent = [*required, *headers, (b"content-type", media), (b"x-secret", SECRET)]

    assert_answered(post(runtime, sent, body))


@pytest.mark.parametrize("kind", [b"application/json", b"application/cloudevents+json"])
@pytest.mark.parametrize("depth", [100, 1_000, 10_000, 500_000])
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting(runtime: Runtime, kind: bytes, depth: int, opened: bytes, closed: bytes) -> None:
    """Deeply nested JSON is rejected, because it cannot be processed."""
    data = opened * depth + b"1" + closed * depth
    body = b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":%b}' % data
    binary = kind == b"application/json"
    status = post(runtime, [*REQUIRED, (b"content-type", kind)], data if binary else body)

    assert_answered(status)


@pytest.mark.parametrize("raised", RAISED)
@pytest.mark.row("C1", "C7")
def test_function_raises(runtime: Runtime, raised: str) -> None:
    """Any exception of a function is 500: the event is valid, and may be sent again."""
    assert 500 == post(runtime, [*REQUIRED, (b"x-raise", raised.encode())], b"")
    assert 200 == post(runtime, REQUIRED, b"")
