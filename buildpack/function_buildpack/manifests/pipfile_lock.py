"""Pipfile.lock (pipfile-spec 6): each category is a section with packages and hashes.

The format has no specification; this follows plette, the library that Pipenv reads it with.
"""

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.log.errors.dependencies import LockOutdated
from function_buildpack.manifests import requirement_lines
from function_buildpack.manifests.manifest import Installation, Manifest, SelectionChoices
from function_buildpack.source import decoding, local_packages
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.source.schema import TEXTS, ListOf, Table
from function_buildpack.source.settings import Selection
from function_buildpack.uv import named_indexes
from function_buildpack.uv.origin import RequirementsOrigin

_META, _DEFAULT = "_meta", "default"
# Names of sections in Pipfile → in Pipfile.lock. Other sections have the same name in both.
_SECTIONS = {"packages": _DEFAULT, "dev-packages": "develop"}
_NO_PACKAGES = ("source", "requires", "scripts", "pipenv", "pipfile")
_TEXTS_OF_A_PACKAGE = ("file", "git", "markers", "path", "ref", "subdirectory", "version")
# Pipenv's default for a Pipfile without an index.
_SOURCES = [{"name": "pypi", "url": requirement_lines.PYPI, "verify_ssl": True}]


def read(project: Project, path: Path) -> Manifest:
    """Read the file, and the Pipfile that it was made from, if it exists."""
    pipfile = path.with_name(constants.PIPFILE)
    made_from = decoding.toml(pipfile) if pipfile.is_file() else None
    return PipfileLock(project, decoding.json_object(path), made_from)


@dataclass(frozen=True)
class PipfileLock(Manifest):
    """Pipenv's lock, and the parsed Pipfile that it was made from."""

    pipfile: Mapping[str, Any] | None = None

    name = constants.PIPFILE_LOCK
    declared_in = constants.PIPFILE
    is_lock = True
    command = "pipenv lock"
    shape = Table(
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
    local_package = '[packages]\n{0} = {{ path = "{1}" }}'

    def check(self, python_version: str) -> None:
        """Check that it was made from this Pipfile; see Manifest."""
        super().check(python_version)
        if self.pipfile is not None and not is_current(self.content, self.pipfile):
            made_from = self.project.folder / constants.PIPFILE
            raise LockOutdated(self.path, made_from, self.command)

    @property
    def selectable(self) -> SelectionChoices:
        """Its categories. There are no extras."""
        return SelectionChoices(groups=groups(self.content))

    def locked(self, selection: Selection, python_version: str) -> tuple[str, ...]:
        """Return the packages of the default category and the selected ones, as requirements."""
        del python_version
        return tuple(requirements(self.content, selection, self.project.folder))

    @property
    def python_version(self) -> str:
        """The version in the lock's "requires"."""
        meta = self.content.get(_META)
        requires = meta.get("requires") if isinstance(meta, dict) else None
        table = requires if isinstance(requires, dict) else {}
        return str(table.get("python_full_version") or table.get("python_version") or "")

    @property
    def indexes(self) -> Mapping[str, str]:
        """The indexes of the lock and of Pipfile."""
        return named_indexes.named(
            named_indexes.tables(self.content, _META, "sources"),
            named_indexes.tables(self.pipfile, "source"),
        )

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return the lock and the paths in it."""
        places = local_packages.in_lock(self.content)
        return {self.path, *around.paths(places, self.project.folder)}

    def install(self, wanted: Installation) -> None:
        """Install the locked packages."""
        categories = ["packages", *map(_category, sorted(wanted.selection.groups))]
        again = shlex.join(["pipenv", "sync", "--categories", " ".join(categories)])
        origin = RequirementsOrigin(self.path, wanted.selection, again)
        requirement_lines.install_locked(
            wanted.locked, wanted.uv, self.project.folder, wanted.options, origin
        )


def _category(name: str) -> str:
    return "dev-packages" if name == "develop" else name


def is_current(lock: Mapping[str, Any], pipfile: Mapping[str, Any]) -> bool:
    """Return whether the lock was made from this Pipfile, by Pipenv's hash."""
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
    # Pipenv cannot lock a Pipfile with a date, so its hash never matches.
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    found = lock.get(_META, {}).get("hash", {}).get("sha256")
    return bool(found == hashlib.sha256(text.encode()).hexdigest())


def groups(lock: Mapping[str, Any]) -> frozenset[str]:
    """Return all categories except the default one. `dev-packages` is called `develop`."""
    return frozenset(canonicalize_name(name) for name in lock if name not in (_META, _DEFAULT))


def requirements(lock: Mapping[str, Any], selection: Selection, folder: Path) -> list[str]:
    """Return the locked packages of the default category and the selected ones, as requirements.

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
