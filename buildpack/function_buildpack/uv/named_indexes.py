"""A project's package indexes, and credentials for them in the platform's variables.

Indexes have names in Poetry, uv, Pipenv and PDM. The names of Poetry's and uv's variables for user
and password contain them. Pure: mappings in, values out.

Sources: Poetry's "Repositories", uv's "Package indexes", Pipenv's "Credentials", PDM's "Configure
the package indexes".
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from function_buildpack.log import url_redaction

if TYPE_CHECKING:
    from function_buildpack.source.pyproject import (
        Pyproject,
    )  # build_tools.py runs without packaging

_USERNAME = re.compile(r"((?:UV_INDEX|POETRY_HTTP_BASIC)_(.+))_USERNAME")
_REPOSITORY = re.compile(r"POETRY_REPOSITORIES_(.+)_URL")
_NO_WORD = re.compile(r"[^A-Z0-9]")
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_USER = re.compile(r"(?<=://)[^/@]*@")


def of_project(declared: "Pyproject") -> dict[str, str]:
    """Return the indexes in pyproject.toml: name → URL.

    Values of a wrong type are ignored.
    """
    return named(
        tables(declared.content, "tool", "pdm", "source"),
        tables(declared.content, "tool", "poetry", "source"),
        tables(declared.content, "tool", "uv", "index"),
    )


def of_other_tools(declared: "Pyproject") -> dict[str, str]:
    """Return the indexes in pyproject.toml that uv does not read and that are for all packages."""
    of_poetry = tables(declared.content, "tool", "poetry", "source")
    return named(
        tables(declared.content, "tool", "pdm", "source"),
        [source for source in of_poetry if source.get("priority") != "explicit"],
    )


def named(*lists: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the indexes in lists of tables with a name and a URL: name → URL."""
    return {
        entry["name"]: entry["url"]
        for entries in lists
        for entry in entries
        if isinstance(entry.get("name"), str) and isinstance(entry.get("url"), str)
    }


def tables(data: object, *keys: str) -> list[Mapping[str, Any]]:
    """Return the tables of a list within tables. Missing values and wrong types are ignored."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    listed = data if isinstance(data, list) else []
    return [each for each in listed if isinstance(each, Mapping)]


@dataclass(frozen=True)
class Credentials:
    """User and password for the index at `url`."""

    url: str
    user: str
    password: str


@dataclass(frozen=True)
class NamedCredentials:
    """The credentials for the named indexes, and other values of the variables.

    `unused` are variables for unknown indexes. `tokens` are users without a password.
    """

    credentials: tuple[Credentials, ...] = ()
    unused: tuple[str, ...] = ()
    tokens: frozenset[str] = frozenset()


def credentials(named: Mapping[str, str], environ: Mapping[str, str]) -> NamedCredentials:
    """Return the credentials in variables for indexes, name → URL.

    uv's variables take precedence over Poetry's. A user without a password is valid: some hosts
    accept a token as the user.
    """
    urls = {in_variables(name): url for name, url in named.items()}
    for variable, url in environ.items():
        if match := _REPOSITORY.fullmatch(variable):
            urls.setdefault(match[1], url)
    found, unused, tokens = dict[str, Credentials](), list[str](), set[str]()
    for variable in sorted(environ):  # POETRY_… before UV_…, which replaces it
        if not (match := _USERNAME.fullmatch(variable)):
            continue
        prefix, name = match.groups()
        password = environ.get(f"{prefix}_PASSWORD", "")
        if not password:
            tokens.add(environ[variable])
        if url := url_redaction.public(urls.get(name, "")):
            found[url] = Credentials(url, environ[variable], password)
        elif name not in _named_for_uv(environ):
            unused.append(variable)
    return NamedCredentials(tuple(found.values()), tuple(unused), frozenset(tokens))


def _named_for_uv(environ: Mapping[str, str]) -> set[str]:
    """Return the names in uv's own variables (name=url), for which uv reads the credentials."""
    words = f"{environ.get('UV_INDEX', '')} {environ.get('UV_DEFAULT_INDEX', '')}".split()
    parts = [word.partition("=") for word in words]
    return {in_variables(name) for name, is_named, _ in parts if is_named}


def in_variables(name: str) -> str:
    """Return the name of an index in the form for variable names."""
    return _NO_WORD.sub("_", name.upper())


_STORED = '[[credential]]\nservice = {}\nusername = {}\nscheme = "basic"\npassword = {}\n'


def store(found: Iterable[Credentials]) -> str:
    """Return the contents of uv's credential store, by address (`uv auth`, credentials.toml)."""
    entries = dict[str, Credentials]()
    for each in found:
        for url in _covered(each.url):
            entries.setdefault(url, each)
    return "\n".join(
        _STORED.format(*map(_quoted, (url, each.user, each.password)))
        for url, each in entries.items()
    )


def _covered(url: str) -> tuple[str, ...]:
    """Return the addresses with the same credentials: of the index, and of its files.

    Files are next to `simple/`, or anywhere on the host. Poetry does the same.
    """
    parent = url.rstrip("/").removesuffix("/simple")
    scheme, _, rest = url.partition("://")
    return url, f"{parent}/", f"{scheme}://{rest.partition('/')[0]}/"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # also valid TOML


def references(url: str) -> tuple[str, ...]:
    """Return the variables in a URL's credentials, as in `https://${USER}:$PASSWORD@host/`."""
    user = _USER.search(url)
    return tuple(braced or plain for braced, plain in _REFERENCE.findall(user[0] if user else ""))


def expanded(url: str, environ: Mapping[str, str]) -> str:
    """Return a URL with expanded variables, as Pipenv and PDM do.

    If a variable has no value, the URL gets no credentials: they may be elsewhere.
    """
    if not all(environ.get(name) for name in references(url)):
        return _USER.sub("", url)

    def value(match: re.Match[str]) -> str:
        return quote(environ.get(match[1] or match[2], match[0]), safe="%")

    return _USER.sub(lambda user: _REFERENCE.sub(value, user[0]), url)
