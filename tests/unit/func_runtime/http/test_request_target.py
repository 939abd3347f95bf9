"""What a target is for a server, and its parts."""

import pytest
from httptools import HttpParserError

from func_runtime.http import request_target


@pytest.mark.parametrize(
    ("target", "method", "expected"),
    [
        (b"/p#f?q", b"GET", (b"/p", b"", b"")),
        (b"/p?q#f", b"GET", (b"/p", b"q", b"")),
        (b"http://h:80/p?q", b"GET", (b"/p", b"q", b"h:80")),
        (b"HTTPS://h", b"GET", (b"/", b"", b"h")),
        (b"http://h?q", b"GET", (b"/", b"q", b"h")),
        (b"http://[::1]:80#f", b"GET", (b"/", b"", b"[::1]:80")),
        (b"*", b"OPTIONS", (b"*", b"", b"")),
    ],
)
def test_target(target: bytes, method: bytes, expected: tuple[bytes, bytes, bytes]) -> None:
    """A target has a path, a query, and in the absolute form an authority."""
    assert expected == request_target.split(target, method)


@pytest.mark.parametrize(
    ("target", "method", "reason"),
    [
        (b"*", b"GET", "not a path"),
        (b"http://", b"GET", "not a path"),
        (b"http://user@h/", b"GET", "not an authority"),
        (b"http://h:99999/", b"GET", "not an authority"),
        (b"ftp://h/", b"GET", "not a path"),
        (b"h:1", b"CONNECT", "not a path"),
        (b"*/", b"OPTIONS", "not a path"),
    ],
)
def test_no_target(target: bytes, method: bytes, reason: str) -> None:
    """Other schemes, credentials, and hosts that are none are refused, with a reason."""
    with pytest.raises(HttpParserError) as caught:
        request_target.split(target, method)

    assert reason == str(caught.value)
