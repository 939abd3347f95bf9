"""A request that offers another protocol: accepted, ignored or rejected (RFC 9110, 7.8).

Imported with the first such request.
"""

from func_runtime.asgi import Headers, Scope
from func_runtime.http.request_head import BAD_REQUEST, RequestRejected


def accepts(scope: Scope, *, is_alone: bool) -> bool:
    """Return whether the connection becomes a WebSocket. Other offers are ignored.

    :param is_alone: all other requests of the connection are answered.
    :raises RequestRejected: it is not known what follows the head.
    """
    if scope["method"] == "CONNECT":
        raise RequestRejected(BAD_REQUEST)
    if not _opens_websocket(scope):
        return False
    if _has_body(scope["headers"]):  # its bytes would be taken for frames
        raise RequestRejected(BAD_REQUEST)
    return is_alone


def head_without_offer(scope: Scope) -> bytes:
    """Return the head of a request as it came, without its Upgrade headers."""
    target = scope["raw_path"]
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    line = b"%b %b HTTP/%b\r\n" % (
        scope["method"].encode(),
        target,
        scope["http_version"].encode(),
    )
    headers = (b"%b: %b\r\n" % header for header in scope["headers"] if header[0] != b"upgrade")
    return line + b"".join(headers) + b"\r\n"


def _opens_websocket(scope: Scope) -> bool:
    """Return whether a request opens a WebSocket (RFC 6455, 4.1)."""
    offers = [value.lower() for name, value in scope["headers"] if name == b"upgrade"]
    return scope["method"] == "GET" and scope["http_version"] == "1.1" and offers == [b"websocket"]


def _has_body(headers: Headers) -> bool:
    """Return whether a body follows the head (RFC 9112, 6.3)."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0"))
        for name, value in headers
    )
