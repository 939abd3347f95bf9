"""Short answers of our own."""

from func_runtime.asgi import Headers, Send


async def text(
    send: Send, status: int, message: str = "", *, headers: Headers = (), body: bool = True
) -> None:
    """Answer with text; without `body`, with its headers alone, as HEAD asks for."""
    content = message.encode(errors="replace")
    described = [(b"content-type", b"text/plain; charset=utf-8")] if message else []
    await complete(send, status, [*described, *headers], content, body=body)


async def complete(
    send: Send, status: int, headers: Headers, content: bytes, *, body: bool = True
) -> None:
    """Answer with content whose length is known."""
    # RFC 9110, 8.6: a response without content by its status has no length either.
    length = [(b"content-length", b"%d" % len(content))] if status != NO_CONTENT else []
    start = {"type": "http.response.start", "status": status, "headers": [*headers, *length]}
    await send(start)
    await send({"type": "http.response.body", "body": content if body else b""})


OK = 200
ACCEPTED = 202
NO_CONTENT = 204
BAD_REQUEST = 400
FORBIDDEN = 403
NOT_FOUND = 404
METHOD_NOT_ALLOWED = 405
CONTENT_TOO_LARGE = 413
UNSUPPORTED_MEDIA_TYPE = 415
UPGRADE_REQUIRED = 426
INTERNAL_SERVER_ERROR = 500
SERVICE_UNAVAILABLE = 503
GATEWAY_TIMEOUT = 504
