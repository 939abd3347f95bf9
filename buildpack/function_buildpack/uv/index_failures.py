"""Recognizes failures of indexes, other addresses and the disk in the output of uv or Python."""

import re

from function_buildpack.log.errors import BuildpackError
from function_buildpack.log.errors.indexes import (
    AddressFailing,
    AddressUnreachable,
    IndexFailing,
    IndexRefused,
    IndexTooSlow,
    IndexUnreachable,
    IndexUntrusted,
    RepositoryRefused,
)
from function_buildpack.log.errors.tools import DiskFull

# In this order: the output of one failure may also match the patterns of later ones.
_FAILURES: tuple[tuple[str, type[BuildpackError]], ...] = (
    (r"No space left on device", DiskFull),
    (r"could not read (Username|Password)|Authentication failed for", RepositoryRefused),
    (r"requested URL returned error: 40[13]", RepositoryRefused),
    (r"cannot run ssh|Permission denied \(publickey|Host key verification", RepositoryRefused),
    (r"\b401 Unauthorized|\b403 Forbidden|Missing credentials", IndexRefused),
    (r"invalid peer certificate|certificate verif|SSL certificate problem", IndexUntrusted),
    (r"HTTP status server error", IndexFailing),
    (r"HTTP status client error|requested URL returned error", AddressFailing),
    (r"fatal: repository '[^']+' not found", AddressFailing),
    (r"operation timed out|[Tt]imeout \(|request timed out", IndexTooSlow),
    (r"error sending request|Failed to fetch|dns error|Connection refused", IndexUnreachable),
    (r"Could(n't| not) connect|Could not resolve host", IndexUnreachable),
    # uv does not show the status here.
    (r"accessing remote requirements file", AddressFailing),
)

# The address is in a requirement: a repository, a list, a wheel. For packages of an index, uv shows
# only the name and version.
_NAMED = re.compile(
    r"Git operation failed|unable to access '|accessing remote requirements file"
    r"|Failed to download[^\n]* @ "
)
_OF_NAMED: dict[type[BuildpackError], type[BuildpackError]] = {
    IndexFailing: AddressFailing,
    IndexUnreachable: AddressUnreachable,
}


def find(output: str) -> type[BuildpackError] | None:
    """Return the error that a program's output describes, if it is one of these."""
    found = next((error for pattern, error in _FAILURES if re.search(pattern, output)), None)
    return _OF_NAMED.get(found, found) if found and _NAMED.search(output) else found
