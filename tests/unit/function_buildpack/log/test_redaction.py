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


@pytest.mark.parametrize(
    "name",
    [
        *("API_KEY", "GITHUB_TOKEN", "DB_PASSWORD", "DB_PASSWD", "CLIENT_SECRET", "PAT"),
        *("BASIC_AUTH", "CREDENTIALS", "private", "PWD_DB", "COOKIE", "PASSPHRASE", "DB_PASS"),
    ],
)
def test_settings_with_the_name_of_a_secret(name: str) -> None:
    """All of the value is masked."""
    assert "****" == redaction.setting(name, "x")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Hi", "Hi"),
        ("https://me:pw@h/x", "https://me:****@h/x"),
        ("https://h/x?a=1&token=abc&b=2", "https://h/x?a=1&token=****&b=2"),
        ("Server=db;Password=abc;Port=1", "Server=db;Password=****;Port=1"),
        ('team=a key="b c" d=e', "team=a key=**** d=e"),
        ("Authorization: Bearer abc", "Authorization: ****"),
        (f"{'x' * 190}:password='{'s' * 9}", f"{'x' * 190}:password=****"),
        (f"https://me:{'s' * 200}@h/", "https://me:****@h/"),
        ("authors=me path=/a passed=1", "authors=me path=/a passed=1"),
    ],
)
def test_secrets_in_settings(value: str, shown: str) -> None:
    """Those in URLs, and those with the name of one."""
    assert shown == redaction.setting("GREETING", value)


def test_long_values() -> None:
    """They are cut, and take no longer than short ones."""
    assert "k" * 200 + "…" == redaction.setting("GREETING", "k" * 1_000_000)
