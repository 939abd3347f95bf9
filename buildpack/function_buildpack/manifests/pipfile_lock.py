"""Pipfile.lock (pipfile-spec 6): a section with all packages of a category, each with hashes.

The format has no specification; this follows plette, the library that Pipenv reads it with.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from function_buildpack.manifests import requirement_lines
from function_buildpack.source.schema import TEXTS, ListOf, Table
from function_buildpack.source.settings import Selection

_META, _DEFAULT = "_meta", "default"
# Pipfile's name of a section -> that of Pipfile.lock; other sections are called the same.
_SECTIONS = {"packages": _DEFAULT, "dev-packages": "develop"}
_NO_PACKAGES = ("source", "requires", "scripts", "pipenv", "pipfile")
_TEXTS_OF_A_PACKAGE = ("file", "git", "markers", "path", "ref", "subdirectory", "version")
# What is read of the lock.
KIND = Table(
    {
        _META: Table(
            {
                "hash": Table({"sha256": str}),
                "sources": ListOf(Table({"url": str}, required=("url",))),
            }
        )
    },
    others=Table(others=Table({**dict.fromkeys(_TEXTS_OF_A_PACKAGE, str), "hashes": TEXTS})),
)
# What Pipenv assumes for a Pipfile that names no index.
_SOURCES = [{"name": "pypi", "url": requirement_lines.PYPI, "verify_ssl": True}]


def is_current(lock: Mapping[str, Any], pipfile: Mapping[str, Any]) -> bool:
    """Say whether the lock was made from this Pipfile, by the hash that Pipenv keeps."""
    content: dict[str, Any] = {
        _META: {
            "sources": pipfile.get("source", _SOURCES),
            "requires": pipfile.get("requires", {}),
        },
        "default": {},
        "develop": {},
    }
    for name, section in pipfile.items():
        if name not in _NO_PACKAGES:
            content[_SECTIONS.get(name, name)] = section
    # Pipenv has no words for a date, so with one the hash is not that of a lock.
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    found = lock.get(_META, {}).get("hash", {}).get("sha256")
    return bool(found == hashlib.sha256(text.encode()).hexdigest())


def groups(lock: Mapping[str, Any]) -> frozenset[str]:
    """Return the categories besides the default one; `dev-packages` is called `develop`."""
    return frozenset(canonicalize_name(name) for name in lock if name not in (_META, _DEFAULT))


def requirements(lock: Mapping[str, Any], selection: Selection, folder: Path) -> list[str]:
    """Return the locked packages of the default category and of a selection, as requirements.

    Paths in the lock are relative to `folder`.
    """
    sections = [
        section
        for name, section in lock.items()
        if name == _DEFAULT or (name != _META and canonicalize_name(name) in selection.groups)
    ]
    lines = requirement_lines.indexes(
        [source["url"] for source in lock.get(_META, {}).get("sources", ())]
    )
    packages = {name: entry for section in sections for name, entry in section.items()}
    return [*lines, *(_line(name, entry, folder) for name, entry in packages.items())]


def _line(name: str, entry: Mapping[str, Any], folder: Path) -> str:
    marker = entry.get("markers", "")
    if "git" in entry:
        url = requirement_lines.git_url(entry["git"], entry["ref"], entry.get("subdirectory", ""))
        return requirement_lines.direct(name, url, marker)
    if place := entry.get("path") or entry.get("file"):
        url = place if "://" in place else requirement_lines.file_url(folder, place)
        return requirement_lines.direct(name, url, marker)
    version = entry.get("version", "*").removeprefix("*")
    return requirement_lines.pinned(name, version, entry.get("hashes", ()), marker)
