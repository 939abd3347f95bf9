"""The head of a response, from an application's messages."""

import sys
import tracemalloc

import pytest

from func_runtime.http import response_head


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (200, b"HTTP/1.1 200 OK"),
        (404, b"HTTP/1.1 404 Not Found"),
        (799, b"HTTP/1.1 799 "),
    ],
)
def test_status_line(status: int, line: bytes) -> None:
    """A status has its reason phrase, if HTTP has one."""
    assert [line] * 2 == [response_head.status_line(status) for _ in range(2)]


@pytest.mark.parametrize("status", [0, 101, 1000, -1, "200"])
def test_status_that_ends_no_request(status: int) -> None:
    """A status that is not for a final response is an error."""
    with pytest.raises(ValueError, match="from 200 to 999"):
        response_head.status_line(status)


def test_status_line_when_no_file_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the reason phrases cannot be imported, the response has none. The next one has it."""

    class NoFiles:
        def find_spec(self, name: str, *_: object) -> None:
            raise OSError(name)

    with monkeypatch.context() as patch:
        patch.delitem(response_head._status_lines, 418, raising=False)  # noqa: SLF001 -- a cache
        patch.delitem(sys.modules, "http", raising=False)
        patch.setattr(sys, "meta_path", [NoFiles()])
        assert b"HTTP/1.1 418 " == response_head.status_line(418)

    assert response_head.status_line(418).startswith(b"HTTP/1.1 418 I")


def test_fields() -> None:
    """Headers keep their order, with lower-case names. Framing headers are separate."""
    given = [(b"X-Name", b"a \xff\tb"), (b"content-length", b"5"), (b"Connection", b"close")]

    block, read = response_head.fields([*given, (b"DATE", b"now"), (b"x-name", b"")])

    assert b"\r\nx-name: a \xff\tb\r\ndate: now\r\nx-name: " == block
    expected = {
        response_head.CONTENT_LENGTH: b"5",
        response_head.CONNECTION: b"close",
        response_head.DATE: b"now",
    }
    assert expected == read


@pytest.mark.parametrize(
    "header",
    [
        (b"", b"value"),
        (b"na me", b"value"),
        (b"name:", b"value"),
        (b"name\r\n", b"value"),
        (b"n\x00ame", b"value"),
        (b"n\xffame", b"value"),
        (b"name", b"value\r\nset-cookie: a=b"),
        (b"name", b"value\n"),
        (b"name", b"\rvalue"),
        (b"name", b"val\x00ue"),
        (b"name", b"val\x7fue"),
        (b"date", b"now\r\n"),
    ],
)
@pytest.mark.row("U12")
def test_fields_that_would_split_a_response(header: tuple[bytes, bytes]) -> None:
    """Characters that could split a response are an error, in any header."""
    reasons = (
        "the value of a response header has a control character",
        f"{header[0]!r} is not a valid name of a response header",
    )
    with pytest.raises(ValueError, match="header") as caught:
        response_head.fields([(b"other", b""), header])

    assert str(caught.value) in reasons


@pytest.mark.row("U1")
def test_characters_of_fields() -> None:
    """A name may have the bytes of a token, a value all except control characters."""
    every = [bytes([code]) for code in range(256)]

    def allowed(name: bytes, value: bytes) -> bool:
        try:
            response_head.fields([(name, value)])
        except ValueError:
            return False
        return True

    tokens = b"".join(byte for byte in every if allowed(b"a%bb" % byte, b""))
    values = b"".join(byte for byte in every if allowed(b"a", b"<%b>" % byte))

    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz"
    assert b"!#$%&'*+-.0123456789" + letters + b"|~" == tokens
    assert {9, *range(0x20, 0x7F), *range(0x80, 0x100)} == set(values)


@pytest.mark.row("U22")
def test_fields_of_an_iterator() -> None:
    """Headers may come from an iterator, because they are read once."""
    headers = iter([(b"X-A", b"1"), (b"Date", b"now")])

    expected = b"\r\nx-a: 1\r\ndate: now"
    assert (expected, {response_head.DATE: b"now"}) == response_head.fields(headers)


def test_text_is_no_header() -> None:
    """ASGI's headers are bytes."""
    with pytest.raises(TypeError):
        response_head.fields([("name", "value")])  # type: ignore[list-item]


def test_names_without_end() -> None:
    """Made-up names do not fill the memory."""
    tracemalloc.start()
    try:
        for number in range(10_000):
            response_head.fields([(b"X-%d" % number, b"a")])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 500_000
    assert b"\r\nx-new: a" == response_head.fields([(b"X-New", b"a")])[0]


@pytest.mark.parametrize("value", [b"", b"-1", b"+1", b" 1", b"1_0", b"1, 1", "²".encode()])
def test_length_that_is_no_number(value: bytes) -> None:
    """A length is digits."""
    with pytest.raises(ValueError, match="not a number"):
        response_head.length(value)


def test_length() -> None:
    """A length is read as a number."""
    assert 12 == response_head.length(b"12")


@pytest.mark.parametrize(
    ("value", "closes"),
    [
        (b"close", True),
        (b"Keep-Alive , CLOSE", True),
        (b"close,keep-alive", True),
        (b"keep-alive", False),
        (b"closed", False),
    ],
)
def test_asks_to_close(value: bytes, closes: bool) -> None:
    """The option may be among others, in upper or lower case."""
    assert closes == response_head.asks_to_close(value)


def test_http_date() -> None:
    """A date has the form of the example in RFC 9110."""
    assert b"Sun, 06 Nov 1994 08:49:37 GMT" == response_head.http_date(784111777)
