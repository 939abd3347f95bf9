"""poetry.lock of Poetry 2 (lock-version 2.1), in which each package has its groups and markers.

Without them it is a lock of Poetry 1 (poetry1_lock.py). The format has no specification. This
follows poetry/packages/locker.py of Poetry 2.5.
"""

import hashlib
import json
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.image import artifacts
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.log.errors.dependencies import LockOutdated, LockUnsupported
from function_buildpack.manifests import poetry1_lock, requirement_lines
from function_buildpack.manifests.manifest import Installation, Manifest, SelectionChoices
from function_buildpack.source import decoding, local_packages
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.source.schema import TEXTS, ListOf, Table
from function_buildpack.source.settings import Selection
from function_buildpack.uv import named_indexes
from function_buildpack.uv.origin import RequirementsOrigin

_MAIN = "main"
# Versions of the format: of Poetry 1.5 to 1.8, and of Poetry 2.
_OF_POETRY_1, _OF_POETRY_2 = "2.0", "2.1"
_TEXTS_OF_A_SOURCE = ("type", "url", "resolved_reference", "subdirectory")
_PACKAGE = Table(
    {
        "name": str,
        "version": str,
        "groups": TEXTS,
        "markers": (str, Table(others=str)),
        "source": Table(dict.fromkeys(_TEXTS_OF_A_SOURCE, str)),
        "files": ListOf(Table({"file": str, "hash": str}, required=("hash",))),
        "dependencies": poetry1_lock.NEEDS,
    },
    required=("name", "version"),
)


def read(project: Project, path: Path) -> Manifest:
    """Read the file."""
    return PoetryLock(project, decoding.toml(path))


class PoetryLock(Manifest):
    """A lock for Poetry's tables of pyproject.toml."""

    name = constants.POETRY_LOCK
    declared_in = constants.PYPROJECT
    is_lock = True
    command = "poetry lock"
    tool = "Poetry"
    shape = Table(
        {
            "metadata": Table({"lock-version": str, "content-hash": str}),
            "extras": Table(),
            "package": ListOf(_PACKAGE),
        }
    )
    local_package = '[tool.poetry.dependencies]\n{0} = {{ path = "{1}" }}'

    def check(self, python_version: str) -> None:
        """Check that it can be read, and was made from this pyproject.toml; see Manifest."""
        super().check(python_version)
        if not is_readable(self.content):
            raise LockUnsupported(self.path, _unreadable(self.content), self.command)
        if not is_current(self.content, self.project.pyproject):
            raise LockOutdated(self.path, self.project.pyproject_path, self.command)

    @property
    def selectable(self) -> SelectionChoices:
        """The extras and groups with packages in the lock."""
        return SelectionChoices(extras(self.content), groups(self.content, self.project.pyproject))

    @property
    def default_groups(self) -> frozenset[str]:
        """All groups that are not optional."""
        table = self.project.pyproject.table("tool", "poetry", "group")
        required = (name for name, group in table.items() if not group.get("optional"))
        return frozenset(map(canonicalize_name, required))

    def locked(self, selection: Selection, python_version: str) -> tuple[str, ...]:
        """Return the packages of the main group and the selected ones, as requirements."""
        values = requirement_lines.environment(python_version)
        declared, folder = self.project.pyproject, self.project.folder
        return tuple(requirements(self.content, declared, selection, values, folder))

    @property
    def indexes(self) -> Mapping[str, str]:
        """The indexes of its packages."""
        packages = named_indexes.tables(self.content, "package")
        sources = [
            source
            for package in packages
            for source in named_indexes.tables({"source": [package.get("source")]}, "source")
        ]
        return named_indexes.named(
            {"name": source.get("reference"), "url": source.get("url")}
            for source in sources
            if source.get("type") == "legacy"  # Poetry's word for an index
        )

    @property
    def artifacts(self) -> Artifacts:
        """The files of all packages."""
        return artifacts.of_packages(self.content.get("package", ()))

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return the lock and the paths in it."""
        places = local_packages.in_lock(self.content)
        return {self.path, *around.paths(places, self.project.folder)}

    def install(self, wanted: Installation) -> None:
        """Install the locked packages."""
        names = ",".join(["main", *sorted(wanted.selection.groups)])
        extras_ = [word for name in sorted(wanted.selection.extras) for word in ("--extras", name)]
        again = shlex.join(["poetry", "sync", "--no-root", "--only", names, *extras_])
        origin = RequirementsOrigin(
            self.path, wanted.selection, again, index_variables="POETRY_HTTP_BASIC"
        )
        requirement_lines.install_locked(
            wanted.locked, wanted.uv, self.project.folder, wanted.options, origin
        )


def version(lock: Mapping[str, Any]) -> str:
    """Return the version of the format. Empty if the lock has none."""
    found: str = lock.get("metadata", {}).get("lock-version", "")
    return found


def without_groups(lock: Mapping[str, Any]) -> list[str]:
    """Return the packages for which the lock has no groups."""
    return [package["name"] for package in lock.get("package", ()) if "groups" not in package]


def is_readable(lock: Mapping[str, Any]) -> bool:
    """Return whether the lock has the groups of all packages, or is one of Poetry 1."""
    return not without_groups(lock) or version(lock) == _OF_POETRY_1


def _unreadable(lock: Mapping[str, Any]) -> str:
    found = version(lock)
    if found == _OF_POETRY_2:
        return f"the package {without_groups(lock)[0]} has no groups"
    declared = f'lock-version = "{found}"' if found else "no lock-version"
    return f'{declared}; Poetry 1.5 to 1.8 write "2.0", Poetry 2 writes "2.1"'


def is_current(lock: Mapping[str, Any], declared: Pyproject) -> bool:
    """Return whether the lock was made from this pyproject.toml, by Poetry's hash.

    Before version 2.2 the hash did not include dependency groups. Poetry itself accepts both.
    """
    found = lock.get("metadata", {}).get("content-hash")
    groups = declared.groups
    return found in {_content_hash(declared, groups), _content_hash(declared, {})}


_LEGACY = ("dependencies", "source", "extras", "dev-dependencies")


def _content_hash(declared: Pyproject, groups: Mapping[str, Any]) -> str:
    table = declared.project
    wanted = ("requires-python", "dependencies", "optional-dependencies")
    project = {key: table[key] for key in wanted if key in table}
    poetry = declared.table("tool", "poetry")
    modern = bool(project or groups)
    # If all declarations are in tool.poetry, the hash has null for each missing older key.
    keys = [key for key in (*_LEGACY, "group") if key in poetry or (key in _LEGACY and not modern)]
    content: dict[str, Any] = {key: poetry.get(key) for key in keys}
    if modern:
        content = {"tool": {"poetry": content}}
        content |= {"project": project} if project else {}
        content |= {"dependency-groups": groups} if groups else {}
    # Poetry cannot lock a pyproject.toml with a date here, so its hash never matches.
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def extras(lock: Mapping[str, Any]) -> frozenset[str]:
    """Return the extras in the lock."""
    return frozenset(canonicalize_name(name) for name in lock.get("extras", {}))


def groups(lock: Mapping[str, Any], declared: Pyproject) -> frozenset[str]:
    """Return the groups with packages in the lock, except the main one."""
    if without_groups(lock):
        return poetry1_lock.groups(declared)
    found = {name for package in lock.get("package", ()) for name in package["groups"]}
    return frozenset(canonicalize_name(name) for name in found - {_MAIN})


def requirements(
    lock: Mapping[str, Any],
    declared: Pyproject,
    selection: Selection,
    environment: Mapping[str, str],
    folder: Path,
) -> list[str]:
    """Return the locked packages of the main group and the selected ones, as requirements.

    `environment` has the values of markers. Paths in the lock are relative to `folder`.
    """
    if without_groups(lock):
        chosen = poetry1_lock.wanted(lock, declared, selection, environment)
    else:
        packages = lock.get("package", ())
        chosen = [item for item in packages if _is_wanted(item, selection, environment)]
    sources = [package.get("source", {}) for package in chosen]
    from_index = [source for source in sources if source.get("type", "legacy") == "legacy"]
    lines = requirement_lines.indexes(
        [source.get("url", requirement_lines.PYPI) for source in from_index]
    )
    return [*lines, *(_line(package, folder) for package in chosen)]


def _is_wanted(
    package: Mapping[str, Any], selection: Selection, environment: Mapping[str, str]
) -> bool:
    return any(
        _holds(marker, selection, environment)
        for group, marker in _markers(package)
        if group == _MAIN or canonicalize_name(group) in selection.groups
    )


def _markers(package: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the groups of a package, each with its marker. One marker may be for all of them."""
    markers = package.get("markers", "")
    for group in package["groups"]:
        yield group, markers.get(group, "") if isinstance(markers, Mapping) else markers


def _holds(text: str, selection: Selection, environment: Mapping[str, str]) -> bool:
    if not text:
        return True
    marker = Marker(text)
    return any(
        marker.evaluate({**environment, "extra": extra}) for extra in ("", *selection.extras)
    )


def _line(package: Mapping[str, Any], folder: Path) -> str:
    name, source = package["name"], package.get("source", {})
    hashes = [file["hash"] for file in package.get("files", ())]
    match source.get("type"):
        case "git":
            revision, part = source["resolved_reference"], source.get("subdirectory", "")
            url = requirement_lines.git_url(source["url"], revision, part)
            return requirement_lines.direct(name, url)
        case "url":
            return requirement_lines.direct(name, source["url"])
        case "file" | "directory":
            return requirement_lines.direct(name, requirement_lines.file_url(folder, source["url"]))
        case _:
            return requirement_lines.pinned(name, f"=={package['version']}", hashes)
