"""Finds the indexes that a project names, and credentials for them in the platform's variables.

Poetry, uv, Pipenv and PDM give an index a name. Variables of Poetry's or uv's have the user and the
password by that name. Pure: mappings in, values out.

Sources: Poetry's "Repositories" (Configuring credentials), uv's "Package indexes" (Authentication).
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from function_buildpack import addresses, names

_USERNAME = re.compile(r"((?:UV_INDEX|POETRY_HTTP_BASIC)_(.+))_USERNAME")
_REPOSITORY = re.compile(r"POETRY_REPOSITORIES_(.+)_URL")
_NO_WORD = re.compile(r"[^A-Z0-9]")


@dataclass(frozen=True)
class Credentials:
    """What an index at `url` wants."""

    url: str
    user: str
    password: str


@dataclass(frozen=True)
class Found:
    """The credentials for the named indexes, and what else the variables hold.

    `unused` are variables that name no index, `tokens` are users without a password.
    """

    credentials: tuple[Credentials, ...] = ()
    unused: tuple[str, ...] = ()
    tokens: frozenset[str] = frozenset()


def indexes(pyproject: Mapping[str, Any], locks: Mapping[str, Any]) -> dict[str, str]:
    """Return the indexes that a project names, in pyproject.toml or a lock: name → URL.

    `locks` are by the file's name. What is of another kind than it should be is passed over.
    """
    tool = _table(pyproject, "tool")
    stated = [
        *_tables(_table(tool, "uv"), "index"),
        *_tables(_table(tool, "poetry"), "source"),
        *_tables(_table(tool, "pdm"), "source"),
        *_tables(_table(locks, names.PIPFILE), "source"),
        *_tables(_table(locks, names.PIPFILE_LOCK, "_meta"), "sources"),
    ]
    locked = _tables(_table(locks, names.POETRY_LOCK), "package")
    sources = (_table(package, "source") for package in locked)
    of_lock = [
        {"name": source.get("reference"), "url": source.get("url")}
        for source in sources
        if source.get("type") == "legacy"  # what Poetry calls an index
    ]
    return {
        entry["name"]: entry["url"]
        for entry in (*of_lock, *stated)
        if isinstance(entry.get("name"), str) and isinstance(entry.get("url"), str)
    }


def _table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        found = data.get(key)
        data = found if isinstance(found, Mapping) else {}
    return data


def _tables(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = data.get(key)
    listed = found if isinstance(found, list) else []
    return [each for each in listed if isinstance(each, Mapping)]


def find(named: Mapping[str, str], environ: Mapping[str, str]) -> Found:
    """Return the credentials that variables have for indexes, by name → URL.

    uv's variables come before Poetry's. A user without a password is one: some hosts take a token
    as the user.
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
        if url := addresses.public(urls.get(name, "")):
            found[url] = Credentials(url, environ[variable], password)
        elif name not in _named_for_uv(environ):
            unused.append(variable)
    return Found(tuple(found.values()), tuple(unused), frozenset(tokens))


def _named_for_uv(environ: Mapping[str, str]) -> set[str]:
    """Return the names in uv's own variables (name=url), to which it gives credentials itself."""
    words = f"{environ.get('UV_INDEX', '')} {environ.get('UV_DEFAULT_INDEX', '')}".split()
    return {
        in_variables(name) for name, is_named, _ in (w.partition("=") for w in words) if is_named
    }


def in_variables(name: str) -> str:
    """Return the name of an index as it is in the names of variables."""
    return _NO_WORD.sub("_", name.upper())


def store(credentials: Iterable[Credentials]) -> str:
    """Return the file that uv reads credentials from, by address (`uv auth`, credentials.toml)."""
    return "\n".join(
        f"[[credential]]\nservice = {_quoted(each.url)}\nusername = {_quoted(each.user)}\n"
        f'scheme = "basic"\npassword = {_quoted(each.password)}\n'
        for each in credentials
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # a string of TOML too


_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def secrets(urls: Iterable[str], environ: Mapping[str, str]) -> set[str]:
    """Return the values of the variables that URLs name in front of the host, as Pipenv's do."""
    named = [match for url in urls for match in _REFERENCE.findall(url.rpartition("@")[0])]
    return {environ[name] for words in named for name in words if name in environ}
