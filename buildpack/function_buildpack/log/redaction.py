"""Masks credentials in the log: those in URLs, and those that the build gets."""

import re
from collections.abc import Collection, Iterable, Mapping

_MASK = "****"
# Shorter secrets would mask ordinary words.
_SHORTEST = 4

# RFC 3986, section 3.2.1. Up to the last @, because users forget to quote those in a password.
_PASSWORD = re.compile(r"(?<=://)([^\s/:@]*):([^\s/]+)(?=@)")
# A user without a password is a token, except git@ with ssh.
_TOKEN = re.compile(r"(https?://)([^\s/:@]+)(?=@)")
_SECRET_NAME = re.compile(r"(UV|PIP|POETRY|PIPENV|PDM)_.*(PASSWORD|TOKEN)")

# Compiled when they are used, which detect does not do.
# Words in the names of settings, labels and parameters of URLs that have secrets.
_WORDS = (
    r"auth(?!ors?\b)|cookie|credential|key(?!word)|pass(?:code|phrase|w|$|_)|(?:^|_)pat(?:$|_)|private"
    r"|pwd|salt|secret|token"
)
# name=secret in a value: labels, parameters of a URL, connection strings; headers, too.
_PAIR = (
    rf"([\w.-]*(?:{_WORDS})[\w.-]*)(\s*[=:]\s*)"
    r"((?:bearer|basic)\s+\S+|\"[^\"]*(?:\"|$)|'[^']*(?:'|$)|[^\s;&,]+)"
)
_LONGEST = 200  # characters that are shown of a value


def urls(text: str) -> str:
    """Mask the credentials in URLs as user:****, and tokens as ****."""
    return _TOKEN.sub(rf"\1{_MASK}", _PASSWORD.sub(rf"\1:{_MASK}", text))


def setting(name: str, value: str) -> str:
    """Return the value of a setting, masked if its name is that of a secret.

    Otherwise, only the secrets in the value are masked: credentials in URLs, and pairs such as
    `password=…`. A long value is cut.
    """
    if re.search(_WORDS, name, re.IGNORECASE):
        return _MASK
    shown = urls(value)
    if len(shown) > _LONGEST:
        # Before the search for pairs, whose time grows with the square of the length.
        shown = f"{shown[:_LONGEST]}…"
    return re.sub(_PAIR, rf"\1\2{_MASK}", shown, flags=re.IGNORECASE)


def known(text: str, secrets: Collection[str]) -> str:
    """Mask the credentials in URLs, and all occurrences of the secrets."""
    text = urls(text)
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    return text


def secrets(environ: Mapping[str, str], passwords: Iterable[str] = ()) -> frozenset[str]:
    """Return the secrets in variables of installers, and `passwords`."""
    from urllib.parse import unquote  # noqa: PLC0415 -- detect logs text, but has no secrets

    found = set(passwords)
    for name, value in environ.items():
        if _SECRET_NAME.fullmatch(name):
            found.add(value)
        for _, password in _PASSWORD.findall(value):
            found |= {password, unquote(password)}
        found |= {token for _, token in _TOKEN.findall(value)}
    return frozenset(secret for secret in found if len(secret) >= _SHORTEST)
