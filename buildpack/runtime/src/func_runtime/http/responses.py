"""Short responses of the runtime itself, and the status codes that it uses."""

from func_runtime.asgi import Headers, Send


async def text(
    send: Send, status: int, message: str = "", *, headers: Headers = (), body: bool = True
) -> None:
    """Respond with text, or without `body` with its headers alone, for HEAD."""
    content = message.encode(errors="replace")
    described = [(b"content-type", b"text/plain; charset=utf-8")] if message else []
    await complete(send, status, [*described, *headers], content, body=body)


async def complete(
    send: Send, status: int, headers: Headers, content: bytes, *, body: bool = True
) -> None:
    """Respond with content of a known length."""
    # RFC 9110, 8.6: a response with 204 has no content-length.
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
