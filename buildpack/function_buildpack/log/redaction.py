"""Keeps credentials out of what is shown: those of URLs, and those that the build was given."""

import re
from collections.abc import Collection, Iterable, Mapping

_MASK = "****"
# A shorter one would mask ordinary words; it protects nothing either.
_SHORTEST = 4

# RFC 3986, section 3.2.1. Up to the last @: users forget to quote the ones of a password.
_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*):([^\s/]+)(?=@)")
# A user alone is a token, but for git@ of ssh.
_TOKEN = re.compile(r"(https?://)([^\s/:@]+)(?=@)")
_SECRET_NAME = re.compile(r"(UV|PIP|POETRY|PIPENV|PDM)_.*(PASSWORD|TOKEN)")


def urls(text: str) -> str:
    """Show the credentials of URLs as user:****, a token as ****."""
    return _TOKEN.sub(rf"\1{_MASK}", _PASSWORD.sub(rf"\1:{_MASK}", text))


def known(text: str, secrets: Collection[str]) -> str:
    """Show the credentials of URLs, and each of the secrets wherever it is, as ****."""
    text = urls(text)
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    return text


def secrets(environ: Mapping[str, str], passwords: Iterable[str] = ()) -> frozenset[str]:
    """Collect what must not be shown: variables of installers hold it, `passwords` is more."""
    from urllib.parse import unquote  # noqa: PLC0415 -- detect shows text and knows no secrets

    found = set(passwords)
    for name, value in environ.items():
        if _SECRET_NAME.fullmatch(name):
            found.add(value)
        for _, password in _PASSWORD.findall(value):
            found |= {password, unquote(password)}
        found |= {token for _, token in _TOKEN.findall(value)}
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)
