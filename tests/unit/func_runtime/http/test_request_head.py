"""Checks of a request's head that the parser does not make."""

import pytest
from httptools import HttpParserCallbackError, HttpParserError

from func_runtime.http import request_head


@pytest.mark.parametrize(
    "host",
    [
        b"f",
        b"f:",
        b"f:80",
        b"f.example.com:65535",
        b"f:000000080",
        b"my_service.ns.svc",
        b"127.0.0.1:8080",
        b"[::1]",
        b"[2001:db8::1]:443",
        b"[v1.a:b]",
        b"%41",
        b"a!$&'()*+,;=~-._",
        b"",
        b":80",
    ],
)
def test_host(host: bytes) -> None:
    """A host is a name or an address, perhaps with a port (RFC 3986, 3.2.2)."""
    assert request_head.is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        b"a b",
        b"f, g",
        b"f/",
        b"f/g",
        b"f?g",
        b"f#g",
        b"user@f",
        b"http://f",
        b"f\xe9",
        b"f\t",
        b'f"',
        b"<f>",
        b"f\\g",
        b"%4",
        b"%zz",
        b"f:80:80",
        b"f:a",
        b"f:-1",
        b"f:65536",
        b"f:9999999999",
        b"f:0000000080",
        b"::1",
        b"[::1",
        b"::1]",
        b"[]",
        b"[127.0.0.1]",
        b"[fe80::1%eth0]",
        b"[::g]",
        b"[\xe9]",
        b"[vx.a]",
        b"[::1]f",
        b"[::1]:a",
        b"[::1]:65536",
    ],
)
def test_no_host(host: bytes) -> None:
    """Other characters or other forms are not a valid host."""
    assert not request_head.is_host(host)


TE = b"transfer-encoding"


@pytest.mark.parametrize(
    ("headers", "version", "expected"),
    [
        ([(b"host", b"f")], "1.1", 0),
        ([], "1.1", 400),
        ([], "1.0", 0),
        ([(b"host", b"f"), (b"host", b"f")], "1.1", 400),
        ([(b"host", b"f"), (b"host", b"f")], "1.0", 400),
        ([(b"host", b"f g")], "1.0", 400),
        ([(b"host", b"f"), (TE, b"chunked")], "1.1", 0),
        ([(b"host", b"f"), (TE, b"Chunked ")], "1.1", 0),
        ([(b"host", b"f"), (TE, b"chunked")], "1.0", 400),
        ([(b"host", b"f"), (TE, b"gzip, chunked")], "1.1", 501),
        ([(b"host", b"f"), (TE, b"gzip"), (TE, b"chunked")], "1.1", 501),
        ([(b"host", b"f"), (TE, b"identity,chunked")], "1.1", 501),
        ([(b"host", b"f"), (TE, b"chunked, chunked")], "1.1", 400),
        ([(b"host", b"f"), (TE, b"gzip")], "1.1", 400),
        ([(b"host", b"f"), (TE, b"chunked, gzip")], "1.1", 400),
    ],
)
def test_rejection(headers: list[tuple[bytes, bytes]], version: str, expected: int) -> None:
    """There is exactly one host. The only known transfer coding is chunked, and it is the last."""
    assert expected == request_head.rejection(headers, version)


URL, HEAD, HEADERS = 16 * 1024, 64 * 1024, 256


@pytest.mark.parametrize(
    ("url", "headers", "expected"),
    [
        (b"x" * URL, [], 0),
        (b"x" * (URL + 1), [], 414),
        (b"/", [(b"n", b"v")] * HEADERS, 0),
        (b"/", [(b"n", b"v")] * (HEADERS + 1), 431),
        (b"/p", [(b"name", b"x" * (HEAD - len(b"/pname: \r\n")))], 0),
        (b"/p", [(b"name", b"x" * (HEAD - len(b"/pname: \r\n") + 1))], 431),
    ],
)
def test_excess(url: bytes, headers: list[tuple[bytes, bytes]], expected: int) -> None:
    """The sizes of a target and of the headers are limited, as they are received."""
    assert expected == request_head.excess(url, headers)


def test_rejection_status() -> None:
    """The status is that of the rejection, also if the parser has wrapped it."""
    rejected, wrapped = request_head.RequestRejected(501), HttpParserCallbackError()
    wrapped.__context__ = rejected

    assert [501, 501, 400] == [
        request_head.rejection_status(error) for error in (rejected, wrapped, HttpParserError())
    ]
