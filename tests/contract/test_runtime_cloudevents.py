"""Events on a real socket in all modes, and requests without an event."""

import json
from collections.abc import Iterator

import httpx
import pytest

from contract.runtime_process import FUNCTIONS, PATIENCE, Runtime, serving

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """Serve the events function."""
    log = tmp_path_factory.mktemp("events") / "log"
    with serving(FUNCTIONS / "runtime_events", log) as process:
        yield process


def headers(kind: str, **others: str) -> dict[str, str]:
    """Return the headers of an event in binary mode, as the guide's curl sends them."""
    return {
        "Ce-Specversion": "1.0",
        "Ce-Type": kind,
        "Ce-Source": "example/source",
        "Ce-Id": "1234",
        "Content-Type": "application/json",
    } | others


def post(runtime: Runtime, kind: str, content: bytes = b'{"message":"Hi"}') -> httpx.Response:
    """Send an event in binary mode."""
    return httpx.post(runtime.url, headers=headers(kind), content=content, timeout=PATIENCE)


def structured(runtime: Runtime, document: object, media: str = STRUCTURED) -> httpx.Response:
    """Send a document."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return httpx.post(
        runtime.url, headers={"Content-Type": media}, content=content, timeout=PATIENCE
    )


EVENT = {"specversion": "1.0", "id": "1", "source": "s", "type": "seen"}
JSON = {"datacontenttype": "application/json"}


@pytest.mark.parametrize(("kind", "status"), [("send", 200), ("return", 200), ("structured", 201)])
@pytest.mark.row("C9", "D8")
def test_structured_reply(runtime: Runtime, kind: str, status: int) -> None:
    """An event that is sent or returned is one JSON document, of exactly this content type."""
    response = post(runtime, kind)

    assert (status, STRUCTURED) == (response.status_code, response.headers["content-type"])
    reply = response.json()
    assert {"message": "Hi"} == reply["data"]
    assert ("reply", "1234") == (reply["id"], reply["inreplyto"])


@pytest.mark.row("D8")
def test_binary_reply(runtime: Runtime) -> None:
    """send.binary() writes attributes as headers and JSON data as JSON."""
    response = post(runtime, "binary")

    assert {"message": "Hi"} == response.json()
    assert ("application/json", "reply", "1234") == tuple(
        response.headers[name] for name in ("content-type", "ce-id", "ce-inreplyto")
    )


def test_mapping_reply(runtime: Runtime) -> None:
    """A dict with an event's attributes is an event; id and specversion are added."""
    reply = post(runtime, "dict").json()

    assert {"message": "Hi"} == reply.pop("data")
    assert reply.pop("id")
    assert {"specversion": "1.0", "type": "reply", "source": "/runtime"} | JSON == reply


def test_data_reply(runtime: Runtime) -> None:
    """Data that is not an event reaches the caller unchanged."""
    response = post(runtime, "data")

    assert (200, "application/json") == (response.status_code, response.headers["content-type"])
    assert {"answer": 42} == response.json()


@pytest.mark.row("D7")
def test_no_reply(runtime: Runtime) -> None:
    """A function that replies nothing has accepted the event: 202."""
    response = post(runtime, "none")

    assert (202, b"") == (response.status_code, response.content)


@pytest.mark.parametrize(
    ("kind", "status", "text"), [("http", 418, "teapot"), ("asgi", 200, "plain")]
)
@pytest.mark.row("C2")
def test_plain_http_reply(runtime: Runtime, kind: str, status: int, text: str) -> None:
    """send.http() and ASGI messages reach the client as they are."""
    response = post(runtime, kind)

    assert (status, text) == (response.status_code, response.text)


def test_body_can_be_read_again(runtime: Runtime) -> None:
    """A function that reads the request itself gets the whole body."""
    assert (
        b"raw"
        == httpx.post(
            runtime.url,
            headers=headers("body", **{"Content-Type": "text/plain"}),
            content=b"raw",
            timeout=PATIENCE,
        ).content
    )


def test_structured_event(runtime: Runtime) -> None:
    """An event in structured mode. A null member counts as missing."""
    seen = structured(runtime, EVENT | {"data": {"a": 1}, "subject": None, "time": None}).json()

    assert EVENT | JSON | {"data": "{'a': 1}"} == seen


def test_structured_mode_wins(runtime: Runtime) -> None:
    """The content type decides the mode, even if there are ce- headers."""
    mixed = headers("fail") | {"Content-Type": f"{STRUCTURED}; charset=utf-8"}
    response = httpx.post(
        runtime.url, headers=mixed, content=json.dumps(EVENT).encode(), timeout=PATIENCE
    )

    assert "seen" == response.json()["type"]


@pytest.mark.row("C10")
def test_get_without_a_body(runtime: Runtime) -> None:
    """An event may come with GET and no data, as `func invoke` can send it."""
    seen = httpx.get(runtime.url, headers=headers("seen"), timeout=PATIENCE).json()

    assert ("1234", "None") == (seen["id"], seen["data"])


@pytest.mark.row("C4")
def test_header_of_any_bytes(runtime: Runtime) -> None:
    """Headers that are not attributes may contain any bytes."""
    with runtime.connect() as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nhost: f\r\nconnection: close\r\nce-specversion: 1.0\r\n"
            b"ce-id: 1\r\nce-source: s\r\nce-type: none\r\nx-any: \xe9\r\ncontent-length: 0\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize("kind", ["fail", "twice", "invalid", "unknown"])
@pytest.mark.row("C1", "C3", "D6")
def test_function_fails(runtime: Runtime, kind: str) -> None:
    """A function's own error is 500, which is delivered again, and never 4xx, which is lost."""
    response = post(runtime, kind)

    if kind == "twice":  # its first reply was complete
        assert 200 == response.status_code
    else:
        assert (500, "Internal Server Error") == (response.status_code, response.text)
    runtime.until_logged("POST '/' raised an exception\nTraceback")
    assert "hunter2" not in response.text


@pytest.mark.parametrize(
    ("media", "content", "status"),
    [
        ("application/json", b"{}", 415),
        ("text/plain", b"hello", 415),
        ("application/cloudevents+xml", b"<event/>", 415),
        ("application/cloudevents-batch+avro", b"", 415),
        (STRUCTURED, b"{not json", 400),
        (STRUCTURED, b"[]", 400),
        (STRUCTURED, b"null", 400),
        (STRUCTURED, b'{"specversion":"1.0","id":"1","source":"s"}', 400),
        (STRUCTURED, b"\xff", 400),
        (BATCH, b"{}", 400),
        (BATCH, b"[1]", 400),
    ],
)
@pytest.mark.row("C7", "D1", "D3")
def test_no_event(runtime: Runtime, media: str, content: bytes, status: int) -> None:
    """A request without an event gets 415, a malformed event gets 400."""
    assert status == structured(runtime, content, media).status_code


@pytest.mark.parametrize(
    ("name", "value"),
    [("Ce-Id", ""), ("Ce-Specversion", "0.2"), ("Ce-Subject", "%C0%A0"), ("Ce-Time", "today")],
)
@pytest.mark.row("D2")
def test_malformed_attributes(runtime: Runtime, name: str, value: str) -> None:
    """A malformed event is 400 and never reaches the function."""
    response = httpx.post(
        runtime.url, headers=headers("fail", **{name: value}), content=b"1", timeout=PATIENCE
    )

    assert 400 == response.status_code


def test_malformed_json_data(runtime: Runtime) -> None:
    """Data that does not match its content type gets 400."""
    assert 400 == post(runtime, "seen", b"{not json").status_code


@pytest.mark.row("D4")
def test_batch(runtime: Runtime) -> None:
    """Every event of a batch reaches the function; replies come back if they are asked for."""
    batch = [EVENT | {"type": "dict", "data": number} for number in range(3)]
    accepting = httpx.post(
        runtime.url, headers={"Content-Type": BATCH, "Accept": BATCH}, json=batch, timeout=PATIENCE
    )
    silent = structured(runtime, batch, BATCH)

    assert BATCH == accepting.headers["content-type"]
    assert [0, 1, 2] == [reply["data"] for reply in accepting.json()]
    assert (202, b"") == (silent.status_code, silent.content)
    assert "3 replies dropped" in runtime.log


def test_batch_fails(runtime: Runtime) -> None:
    """A batch of which one event fails is 500, so that it is delivered again."""
    assert 500 == structured(runtime, [EVENT | {"type": "fail"}], BATCH).status_code


@pytest.mark.row("C5", "D5")
def test_body_too_long(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A body beyond the limit is 413, whether its length is declared or not."""
    log = tmp_path_factory.mktemp("limit") / "log"
    variables = {"FUNC_MAX_EVENT_BYTES": "1000"}
    with serving(FUNCTIONS / "runtime_events", log, variables=variables) as runtime:
        declared = post(runtime, "none", b"1" * 1001)
        chunked = httpx.post(
            runtime.url, headers=headers("none"), content=iter([b"1" * 600] * 2), timeout=PATIENCE
        )

        assert [413, 413] == [declared.status_code, chunked.status_code]
        assert ["close"] * 2 == [answer.headers["connection"] for answer in (declared, chunked)]
        assert 202 == post(runtime, "none", b"1" * 1000).status_code


@pytest.mark.row("C6")
def test_disconnect_within_the_body(runtime: Runtime) -> None:
    """An event whose body never arrived whole does not reach the function."""
    before = runtime.log
    with runtime.connect() as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nhost: f\r\nce-specversion: 1.0\r\nce-id: 1\r\nce-source: s\r\n"
            b'ce-type: fail\r\ncontent-length: 99\r\n\r\n{"amount": 1'
        )
    runtime.until_ready()

    assert before == runtime.log


@pytest.mark.row("C10")
def test_options(runtime: Runtime) -> None:
    """OPTIONS names the methods, and allows an origin that asks for it to send (webhooks)."""
    asked = {"WebHook-Request-Origin": "eventemitter.example.com", "WebHook-Request-Rate": "120"}
    response = httpx.options(runtime.url, headers=asked, timeout=PATIENCE)

    assert (200, "POST, OPTIONS", "eventemitter.example.com", "*") == (
        response.status_code,
        response.headers["allow"],
        response.headers["webhook-allowed-origin"],
        response.headers["webhook-allowed-rate"],
    )


@pytest.mark.row("D10")
def test_dapr_configuration(runtime: Runtime) -> None:
    """A Dapr sidecar that requests its configuration gets 404."""
    assert 404 == runtime.get("/dapr/config").status_code


def test_websocket_is_refused(runtime: Runtime) -> None:
    """A function for events refuses a WebSocket."""
    with runtime.connect() as connection:
        connection.sendall(
            b"GET / HTTP/1.1\r\nhost: f\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 403 ")
