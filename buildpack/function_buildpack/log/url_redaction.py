"""Addresses as they may be shown to everybody: without credentials and without machine paths."""

import re
from urllib.parse import urlsplit, urlunsplit

_SHOWN = ("https", "http", "ssh", "git")
_SCP = re.compile(r"(?:[^@/:\s]+@)?([\w.-]+):(?!//)(\S+)")  # git's short form, host:path


def public(address: str) -> str:
    """Return the address without user, password, query and fragment.

    Empty for what is no address of a network: a folder, or anything that cannot be read. Queries go
    because tokens are found there. The user `git` of ssh is no secret, and needed.
    """
    if match := _SCP.fullmatch(address):
        return f"ssh://git@{match[1]}/{match[2].removeprefix('/')}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _SHOWN or not parts.hostname:
        return ""
    user = "git@" if parts.scheme == "ssh" and parts.username == "git" else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = f"{user}{host}{f':{port}' if port else ''}"
    return urlunsplit((parts.scheme, where, parts.path, "", ""))
