"""Tells the failures of a package index apart, by what uv says of them."""

import re

from function_buildpack.errors import (
    BuildpackError,
    IndexFailing,
    IndexRefused,
    IndexTooSlow,
    IndexUnreachable,
    IndexUntrusted,
)

# In this order: uv's explanation of a late failure also has the words of an early one.
_FAILURES: tuple[tuple[str, type[BuildpackError]], ...] = (
    (r"\b401 Unauthorized|\b403 Forbidden|Missing credentials", IndexRefused),
    (r"invalid peer certificate|certificate verify failed", IndexUntrusted),
    (r"HTTP status server error", IndexFailing),
    (r"operation timed out|[Tt]imeout \(|request timed out", IndexTooSlow),
    (
        r"error sending request|Failed to fetch|dns error|Connection refused|Could not connect",
        IndexUnreachable,
    ),
)


def find(output: str) -> type[BuildpackError] | None:
    """Return the error that uv's output tells of, if it is one of the index."""
    return next((error for pattern, error in _FAILURES if re.search(pattern, output)), None)
