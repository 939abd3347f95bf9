"""Phrases: values of settings."""

import pytest

from function_buildpack.log import phrases


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("3.12", "NAME=3.12"),
        (">=3.12", "NAME=>=3.12"),
        ("a, b", "NAME='a, b'"),
        ("it's", "NAME='it'\"'\"'s'"),
        ("", "NAME=''"),
        ("x" * 201, f"NAME={'x' * 200}…"),
        ("https://me:pw@h", "NAME=https://me:****@h"),
    ],
)
def test_setting(value: str, shown: str) -> None:
    """A value is quoted for a shell if it has blanks, cut if it is long, and has no secret."""
    assert shown == phrases.setting("NAME", value)
