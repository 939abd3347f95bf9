"""Addresses without secrets."""

import pytest

from function_buildpack.log.url_redaction import public


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://example.com/a/b.git", "https://example.com/a/b.git"),
        ("https://user:secret@example.com:8443/a?token=secret#x", "https://example.com:8443/a"),
        ("https://secret@example.com", "https://example.com"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("ssh://git@example.com/a.git", "ssh://git@example.com/a.git"),
        ("ssh://git:secret@example.com:22/a.git", "ssh://git@example.com:22/a.git"),
        ("ssh://someone@example.com/a.git", "ssh://example.com/a.git"),
        ("git@example.com:a/b.git", "ssh://git@example.com/a/b.git"),
        ("example.com:/a/b.git", "ssh://git@example.com/a/b.git"),
        ("file:///home/me/a", ""),
        ("/home/me/a", ""),
        ("../a", ""),
        ("https://example.com:no/a", ""),
        ("https:///a", ""),
        ("", ""),
    ],
)
def test_public(address: str, shown: str) -> None:
    """No user, password, query or folder of a machine is left; the address still leads there."""
    assert shown == public(address)
