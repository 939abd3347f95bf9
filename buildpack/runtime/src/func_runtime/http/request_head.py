"""Checks the head of a request for what httptools accepts and HTTP does not allow.

Sections are those of RFC 9112, unless another RFC is named.
"""

import re
import socket

from httptools import HttpParserCallbackError, HttpParserError

from func_runtime.asgi import Headers

BAD_REQUEST = 400
URI_TOO_LONG = 414
HEADER_FIELDS_TOO_LARGE = 431
NOT_IMPLEMENTED = 501
VERSION_NOT_SUPPORTED = 505

# The limits for a head. They are far above the default limits of proxies.
URL_BYTES = 16 * 1024
HEAD_BYTES = 64 * 1024
HEADERS = 256

_CHUNKED = b"chunked"
_HTTP_1_0, _HTTP_1_1 = "1.0", "1.1"

# RFC 3986, 3.2.2 and 3.2.3. Regular expressions are compiled when they are first used: most
# processes get no IP literal.
_NAME = bytes(range(ord("0"), ord("9") + 1)) + (
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~!$&'()*+,;="
)
_ENCODED = rb"%[0-9A-Fa-f]{2}"
_IP_FUTURE = rb"[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+"
_PORT_DIGITS = 9
_LAST_PORT = 65535

# llhttp also accepts the request lines of RTSP and Icecast.
_OTHER_PROTOCOLS = (b" RTSP/", b" ICE/")


class RequestRejected(HttpParserError):
    """What was received is answered with an error status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"rejected with status {status}")
        self.status = status


def reason(error: HttpParserError) -> BaseException:
    """Return the error of the parser, or that of what it calls."""
    # httptools raises an error of its own, with what a callback has raised as its context.
    context = error.__context__ if isinstance(error, HttpParserCallbackError) else None
    return context or error


def rejection_status(error: HttpParserError) -> int:
    """Return the status for an error of the parser, or of what it calls."""
    cause = reason(error)
    return cause.status if isinstance(cause, RequestRejected) else BAD_REQUEST


def is_host(value: bytes) -> bool:
    """Return whether a Host header is valid (3.2; RFC 9110, 7.2): a host, perhaps with a port.

    An empty header is valid: the target has no authority.
    """
    if value.startswith(b"["):
        literal, bracket, port = value[1:].partition(b"]")
        is_valid = bracket and port[:1] in (b"", b":") and _is_ip_literal(literal)
        port = port[1:]
    else:
        name, _, port = value.partition(b":")
        is_valid = _is_name(name)
    return bool(is_valid) and (not port or _is_port(port))


def _is_name(name: bytes) -> bool:
    if b"%" in name:
        name = re.sub(_ENCODED, b"", name)
    return not name.translate(None, _NAME)


def _is_port(port: bytes) -> bool:
    return port.isdigit() and len(port) <= _PORT_DIGITS and int(port) <= _LAST_PORT


def _is_ip_literal(literal: bytes) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6, literal.decode("ascii"))
    except (OSError, ValueError):
        return re.fullmatch(_IP_FUTURE, literal) is not None
    return True


def rejection(headers: Headers, version: str) -> int:
    """Return the status that rejects a request for its host or its transfer coding, or 0."""
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1 and (hosts or version == _HTTP_1_1):  # 3.2
        return BAD_REQUEST
    if not all(map(is_host, hosts)):
        return BAD_REQUEST
    codings = b",".join(value for name, value in headers if name == b"transfer-encoding")
    return _reject_codings(codings, version) if codings else 0


def _reject_codings(codings: bytes, version: str) -> int:
    """Return the status that rejects transfer codings (6.1, 6.3), 0 for chunks alone."""
    named = [coding.strip().lower() for coding in codings.split(b",")]
    if version == _HTTP_1_0 or named[-1] != _CHUNKED or named.count(_CHUNKED) > 1:
        return BAD_REQUEST  # the end of the body is not known
    return NOT_IMPLEMENTED if len(named) > 1 else 0


def is_other_protocol(data: bytes, target: bytes) -> bool:
    """Return whether a request line is not of HTTP; `data` contains it."""
    return any(target + protocol in data for protocol in _OTHER_PROTOCOLS)


def excess(url: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """Return the status that rejects a head, or a part of a head, for its size, or 0."""
    if len(url) > URL_BYTES:
        return URI_TOO_LONG
    size = len(url) + sum(len(name) + len(value) + 4 for name, value in headers)
    if size > HEAD_BYTES or len(headers) > HEADERS:
        return HEADER_FIELDS_TOO_LARGE
    return 0


def check_size(url: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    """Check the size of a head.

    :raises RequestRejected: it is too large.
    """
    if status := excess(url, headers):
        raise RequestRejected(status)


def expects_continue(headers: Headers) -> bool:
    """Return whether a client waits for 100 Continue before the body (RFC 9110, 10.1.1)."""
    return any(name == b"expect" and value.lower() == b"100-continue" for name, value in headers)


def has_body_above(size: int, headers: Headers) -> bool:
    """Return whether the head says that the body is longer; that of chunks has no length."""
    return any(name == b"content-length" and int(value) > size for name, value in headers)
