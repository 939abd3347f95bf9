"""Removes credentials and local paths from addresses, for labels and SBOMs."""

import re
from urllib.parse import urlsplit, urlunsplit

_SCHEMES = ("https", "http", "ssh", "git")
_SCP = re.compile(r"(?:[^@/:\s]+@)?([\w.-]+):(?!//)(\S+)")  # git's short form, host:path


def public(address: str) -> str:
    """Return the address without user, password, query and fragment.

    Empty if it is not a network address. A query may contain a token. The user `git` of ssh is
    kept: it is not a secret, and is required.
    """
    if match := _SCP.fullmatch(address):
        return f"ssh://git@{match[1]}/{match[2].removeprefix('/')}"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _SCHEMES or not parts.hostname:
        return ""
    user = "git@" if parts.scheme == "ssh" and parts.username == "git" else ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    where = f"{user}{host}{f':{port}' if port else ''}"
    return urlunsplit((parts.scheme, where, parts.path, "", ""))
