"""Tells failures of a package index, and of the disk, apart, by what uv or Python says of them."""

import re

from function_buildpack.errors import (
    BuildpackError,
    DiskFull,
    IndexFailing,
    IndexRefused,
    IndexTooSlow,
    IndexUnreachable,
    IndexUntrusted,
    RepositoryRefused,
)

# In this order: uv's explanation of a late failure also has the words of an early one.
_FAILURES: tuple[tuple[str, type[BuildpackError]], ...] = (
    (r"No space left on device", DiskFull),
    (r"could not read (Username|Password)|Authentication failed for", RepositoryRefused),
    (r"cannot run ssh|Permission denied \(publickey|Host key verification", RepositoryRefused),
    (r"\b401 Unauthorized|\b403 Forbidden|Missing credentials", IndexRefused),
    (r"invalid peer certificate|certificate verif|SSL certificate problem", IndexUntrusted),
    (r"HTTP status server error", IndexFailing),
    (r"operation timed out|[Tt]imeout \(|request timed out", IndexTooSlow),
    (r"error sending request|Failed to fetch|dns error|Connection refused", IndexUnreachable),
    (r"Could not connect|Could not resolve host", IndexUnreachable),
)


def find(output: str) -> type[BuildpackError] | None:
    """Return the error that a program's output tells of, if it is one of these."""
    return next((error for pattern, error in _FAILURES if re.search(pattern, output)), None)
