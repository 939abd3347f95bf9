"""Short responses of the runtime itself."""

from typing import Any

import pytest

from func_runtime.asgi import Message
from func_runtime.http import responses

pytestmark = pytest.mark.anyio
TEXT = (b"content-type", b"text/plain; charset=utf-8")


async def sent(status: int, *message: str, **options: Any) -> list[Message]:
    """Return what is sent for a text."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    await responses.text(send, status, *message, **options)
    return messages


@pytest.mark.parametrize(
    ("message", "headers", "content"),
    [
        ("", [(b"content-length", b"0")], b""),
        ("é", [TEXT, (b"content-length", b"2")], b"\xc3\xa9"),
        ("\ud800", [TEXT, (b"content-length", b"1")], b"?"),
    ],
)
async def test_text(message: str, headers: list[tuple[bytes, bytes]], content: bytes) -> None:
    """A text has its type and its length. Characters that UTF-8 cannot encode are replaced."""
    assert [
        {"type": "http.response.start", "status": 404, "headers": headers},
        {"type": "http.response.body", "body": content},
    ] == await sent(404, message)


async def test_more_headers() -> None:
    """More headers come before the length."""
    start, _ = await sent(405, headers=[(b"allow", b"GET")])

    assert [(b"allow", b"GET"), (b"content-length", b"0")] == start["headers"]


async def test_without_a_body() -> None:
    """A response to HEAD has the headers of the text, and no text."""
    start, body = await sent(200, "OK", body=False)

    assert [TEXT, (b"content-length", b"2")] == start["headers"]
    assert b"" == body["body"]


async def test_no_content() -> None:
    """204 has neither a text nor a length (RFC 9110, 8.6)."""
    start, body = await sent(204)

    assert ([], b"") == (start["headers"], body["body"])


async def test_complete() -> None:
    """Content is sent with its length, and with the caller's type."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    await responses.complete(send, 200, [(b"a", b"b")], b"content")

    assert [(b"a", b"b"), (b"content-length", b"7")] == messages[0]["headers"]
    assert b"content" == messages[1]["body"]
