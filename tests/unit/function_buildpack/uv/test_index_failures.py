"""The failures of an index, by uv's words."""

import pytest

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
from function_buildpack.uv import index_failures

LIST = "Error while accessing remote requirements file: https://x/c.txt"
FETCH = "error: Failed to fetch: `x`\n  Caused by: error sending request for url (x)\n"


@pytest.mark.parametrize(
    ("output", "error"),
    [
        ("  × No solution found\nhint: … (401 Unauthorized)", IndexRefused),  # noqa: RUF001
        ("returned a 403 Forbidden error", IndexRefused),
        (f"{FETCH}  Caused by: invalid peer certificate: UnknownIssuer", IndexUntrusted),
        ("HTTP status server error (502 Bad Gateway) for url", IndexFailing),
        (f"{FETCH}  Caused by: operation timed out", IndexTooSlow),
        (f"{FETCH}  Caused by: dns error", IndexUnreachable),
        ("fatal: unable to access 'x': Could not resolve host: x", AddressUnreachable),
        ("fatal: unable to access 'x': Couldn't connect to server", AddressUnreachable),
        ("fatal: unable to access 'x': The requested URL returned error: 500", AddressFailing),
        ("fatal: unable to access 'x': The requested URL returned error: 403", RepositoryRefused),
        ("cause: Git operation failed\nfatal: repository 'x' not found", AddressFailing),
        (
            f"error: {LIST}\n  cause: client error (Connect)\n  Connection refused",
            AddressUnreachable,
        ),
        (f"error: {LIST}\n", AddressFailing),
        (f"error: Failed to download `a @ x`\n  {FETCH}", AddressUnreachable),
        (f"error: Failed to download `a==1`\n  {FETCH}", IndexUnreachable),
        ("error: Failed to fetch: x\n  HTTP status client error (400 Bad Request)", AddressFailing),
        ("error: Failed to download `a @ x`\n  HTTP status server error (500)", AddressFailing),
        ("fatal: could not read Username for 'x': terminal prompts", RepositoryRefused),
        ("fatal: unable to access 'x': SSL certificate problem: self-signed", IndexUntrusted),
        ("error: cannot run ssh: No such file or directory", RepositoryRefused),
        (f"{FETCH}  Caused by: No space left on device (os error 28)", DiskFull),
        ("  × No solution found", None),  # noqa: RUF001
    ],
)
def test_find(output: str, error: type[BuildpackError] | None) -> None:
    """The deepest cause decides. Failures that are not the index's have another error."""
    assert error is index_failures.find(output)
