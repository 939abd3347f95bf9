"""Credentials are masked in the log."""

import pytest

from function_buildpack.log import redaction


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at https://me:pw12@h/simple", "at https://me:****@h/simple"),
        ("git+https://me:pw12@h/x.git", "git+https://me:****@h/x.git"),
        ("https://:pw12@h", "https://:****@h"),
        ("https://me:p@ss:w@h/x y@z", "https://me:****@h/x y@z"),
        ("https://token@h/x", "https://****@h/x"),
        ("ssh://git@github.com/x", "ssh://git@github.com/x"),
        ("https://h:8080/a@b", "https://h:8080/a@b"),
        ("a@b.c", "a@b.c"),
    ],
)
def test_urls(text: str, shown: str) -> None:
    """Passwords and tokens are masked. Users, hosts and ports are not."""
    assert shown == redaction.urls(text)


def test_known() -> None:
    """All occurrences of a secret are masked, the longest first."""
    assert "x=****, ****" == redaction.known("x=secret-long, secret", {"secret", "secret-long"})


def test_secrets() -> None:
    """They are in passwords, tokens and URLs; a quoted one is also unquoted."""
    environ = {
        "UV_INDEX_CORP_PASSWORD": "first",
        "UV_INDEX": "a=https://me:sec%40nd@h b=https://third@h",
        "UV_PUBLISH_TOKEN": "abc",
        "PATH": "/bin",
    }

    found = redaction.secrets(environ, ["fourth"])

    assert {"first", "sec%40nd", "sec@nd", "third", "fourth"} == found
