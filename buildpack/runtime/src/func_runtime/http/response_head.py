"""Writes the head of a response, and checks what the application has passed.

This runs for each response. So names are checked once and cached, and values are checked together.
"""

import time

from func_runtime.asgi import Headers

REQUEST_TIMEOUT = 408
TOO_MANY_REQUESTS = 429

# The server itself writes the headers that frame the message. The application's are read first.
CONTENT_LENGTH = b"\r\ncontent-length: "
TRANSFER_ENCODING = b"\r\ntransfer-encoding: "
CONNECTION = b"\r\nconnection: "
DATE = b"\r\ndate: "

_READ = frozenset((CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, DATE))
# RFC 9110, 5.6.2: the characters of a name.
_TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
# RFC 9110, 5.5: a value has no control characters except tabs.
_CONTROL = bytes(code for code in (*range(0x20), 0x7F) if code != ord("\t"))
# The limit of the cache is for an application that makes up names.
_CACHED = 1024
_FINAL = range(200, 1000)  # RFC 9110, 15: a response with a lower status is followed by another one

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_prefixes = {prefix[2:-2]: prefix for prefix in _READ}
_status_lines = {200: b"HTTP/1.1 200 OK"}


def status_line(status: int) -> bytes:
    """Return the first line of a response, without its line end.

    :raises ValueError: a final response cannot have this status.
    """
    return _status_lines.get(status) or _new_status_line(status)


def fields(headers: Headers) -> tuple[bytes, dict[bytes, bytes]]:
    """Return the lines of the headers, each after a line end, and those that the server reads.

    Headers that frame the message are only among the latter: the server writes them itself.

    :raises ValueError: a name or a value is not valid.
    """
    lines: list[bytes] = []
    read: dict[bytes, bytes] = {}
    for name, value in headers:
        try:
            prefix = _prefixes[name]
        except KeyError:
            prefix = _new_prefix(name)
        if prefix in _READ:
            read[prefix] = value
            if prefix is not DATE:
                continue
        lines += (prefix, value)
    block = b"".join(lines)
    # Each prefix has two control characters. Every second element is a prefix.
    if len(block.translate(None, _CONTROL)) + len(lines) != len(block):
        raise ValueError("the value of a response header has a control character")
    return block, read


def rejection(status: int, date: bytes) -> bytes:
    """Return the whole response to what is not a request. The connection ends after it."""
    line = status_line(status)
    message = line.split(b" ", 2)[2]
    return b"%b%b\r\ncontent-type: text/plain; charset=utf-8%b%d%bclose\r\n\r\n%b" % (
        line,
        date,
        CONTENT_LENGTH,
        len(message),
        CONNECTION,
        message,
    )


def http_date(seconds: float) -> bytes:
    """Return a time in the format of HTTP (RFC 9110, 5.6.7), whatever the locale is."""
    at = time.gmtime(seconds)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    return time.strftime(f"{day}, %d {month} %Y %H:%M:%S GMT", at).encode()


def length(value: bytes) -> int:
    """Read a content-length.

    :raises ValueError: it is not a number.
    """
    if not value.isdigit():
        raise ValueError(f"content-length is {value!r}, which is not a number")
    return int(value)


def asks_to_close(value: bytes) -> bool:
    """Return whether a Connection header has the option close."""
    return b"close" in [option.strip() for option in value.lower().split(b",")]


def _new_status_line(status: int) -> bytes:
    if status not in _FINAL:
        raise ValueError(f"the status of a response is from 200 to 999, not {status!r}")
    try:
        from http import HTTPStatus  # noqa: PLC0415 -- imported for the first status that is not 200
    except OSError:  # no file can be opened: the reason phrase is optional (RFC 9112, 4)
        return b"HTTP/1.1 %d " % status
    known = {entry.value: entry.phrase for entry in HTTPStatus}
    line = f"HTTP/1.1 {int(status)} {known.get(status, '')}".encode()
    _status_lines[status] = line
    return line


def _new_prefix(name: bytes) -> bytes:
    if not name or name.translate(None, _TOKEN):
        raise ValueError(f"{name!r} is not a valid name of a response header")
    prefix = b"\r\n%b: " % name.lower()
    # Those that the server reads are compared by identity, in whatever case the name is.
    prefix = _prefixes.get(name.lower(), prefix)
    if len(_prefixes) < _CACHED:
        _prefixes[name] = prefix
    return prefix
