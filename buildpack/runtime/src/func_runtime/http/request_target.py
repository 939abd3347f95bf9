"""Splits the target of a request into path and query (RFC 9112, 3.2)."""

import re

from httptools import HttpParserError

from func_runtime.asgi import Headers
from func_runtime.http import request_head

_SLASH, _NUMBER_SIGN = b"/#"  # numbers: searching bytes for bytes takes ten times as long

# The parts of a target. llhttp has checked its characters. The regular expression is compiled when
# it is first used: most processes get only a path and a query.
_PARTS = (
    rb"(?is)(?:https?://(?P<authority>[^/?#]+))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?"
)

Target = tuple[bytes, bytes, str]

# Raw path, query and path by target: the same few are asked for again and again, and each would be
# split and decoded again. The limits are for clients that make up paths.
known: dict[bytes, Target] = {}
_MAX_KNOWN = 1024
_MAX_KNOWN_BYTES = 64


def parse(target: bytes, method: bytes, headers: list[tuple[bytes, bytes]]) -> Target:
    """Return raw path, query and path. An authority replaces the Host header (3.2.2).

    :raises HttpParserError: the target is not valid.
    :raises UnicodeDecodeError: it is not ASCII.
    """
    is_usual = target[0] == _SLASH and _NUMBER_SIGN not in target
    if is_usual:
        raw_path, _, query = target.partition(b"?")
    else:
        raw_path, query, authority = split(target, method)
        if authority:
            headers[:] = _with_host(headers, authority)
    path = raw_path.decode("ascii")
    found = raw_path, query, _unquote(path) if "%" in path else path
    # A target with a query is probably not asked for again.
    if is_usual and raw_path == target:
        _remember(target, found)
    return found


def split(target: bytes, method: bytes) -> tuple[bytes, bytes, bytes]:
    """Return path, query and authority of a target (3.2). Only the absolute form has an authority.

    :raises HttpParserError: it is not a target for a server.
    """
    found = re.fullmatch(_PARTS, target)
    assert found is not None  # it matches anything
    path, query, authority = found["path"], found["query"] or b"", found["authority"] or b""
    if authority:
        if not request_head.is_host(authority):
            raise HttpParserError("not an authority")
        path = path or b"/"
    elif not path.startswith(b"/") and (path, method) != (b"*", b"OPTIONS"):
        raise HttpParserError("not a path")
    return path, query, authority


def _with_host(headers: Headers, host: bytes) -> list[tuple[bytes, bytes]]:
    return [(name, host if name == b"host" else value) for name, value in headers]


def _remember(target: bytes, parts: Target) -> None:
    if len(target) < _MAX_KNOWN_BYTES and len(known) < _MAX_KNOWN:
        known[target] = parts


def _unquote(path: str) -> str:
    from urllib.parse import unquote  # noqa: PLC0415 -- brings ipaddress; most paths have none

    return unquote(path)
