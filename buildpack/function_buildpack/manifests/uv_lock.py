"""uv.lock. uv installs it. This module reads what the build needs."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from function_buildpack import constants
from function_buildpack.image import artifacts
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.manifests import pyproject_toml, requirement_lines
from function_buildpack.manifests.manifest import Installation, Manifest, SelectionChoices
from function_buildpack.source import decoding, local_packages
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.source.schema import ListOf, Table
from function_buildpack.uv.origin import RequirementsOrigin

_NEEDS = ListOf(Table({"name": str}))
_PACKAGE = Table(
    {
        "name": str,
        "dependencies": _NEEDS,
        "optional-dependencies": Table(others=_NEEDS),
        "dev-dependencies": Table(others=_NEEDS),
    }
)


def read(project: Project, path: Path) -> Manifest:
    """Read the file."""
    return UvLock(project, decoding.toml(path))


class UvLock(Manifest):
    """A lock for pyproject.toml. uv checks that it matches."""

    name = constants.UV_LOCK
    declared_in = constants.PYPROJECT
    is_lock = True
    command = "uv lock"
    shape = Table({"package": ListOf(_PACKAGE)})
    local_package = pyproject_toml.LOCAL_PACKAGE

    @property
    def path(self) -> Path:
        """The file's path: at the root of the uv workspace, if the function is in one."""
        return (self.project.workspace_root or self.project.folder) / self.name

    @property
    def selectable(self) -> SelectionChoices:
        """The extras and groups of pyproject.toml."""
        return pyproject_toml.selectable(self.project.pyproject)

    @property
    def default_groups(self) -> frozenset[str]:
        """The default groups of uv."""
        return pyproject_toml.default_groups(self.project.pyproject)

    def requirements(self, locked: object) -> list[str]:
        """Return the dependencies of the project table."""
        del locked
        return [*self.project.pyproject.dependencies]

    @property
    def requires_python(self) -> object:
        """The requires-python of the lock."""
        return self.content.get("requires-python", "")

    @property
    def artifacts(self) -> Artifacts:
        """The files of all packages."""
        return artifacts.of_packages(self.content.get("package", ()))

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return the lock, and the local packages that are dependencies of others.

        The project itself is not installed from the lock.
        """
        packages = self.content.get("package", [])
        needed = set(_needed(packages))
        sources = [item.get("source") for item in packages if item.get("name") in needed]
        places = local_packages.in_lock(sources)
        return {self.path, *around.paths(places, self.path.parent)}

    def install(self, wanted: Installation) -> None:
        """Install it with uv.

        `uv sync` uses the addresses in the lock. Without an index, the build exports the packages
        and installs the list. uv then checks hashes, but not that the lock matches.
        """
        if wanted.uv.uses_indexes:
            wanted.uv.sync(self.project.folder, wanted.venv, self.path, wanted.selection)
            return
        with requirement_lines.written(()) as requirements:
            exported_by = wanted.uv.export(self.project.folder, wanted.selection, requirements)
            origin = RequirementsOrigin(self.path, wanted.selection, exported_by=exported_by)
            options = [*wanted.options, "--no-deps"]
            wanted.uv.install(requirements, self.project.folder, options, origin=origin)


def _needed(packages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for package in packages:
        groups = ("optional-dependencies", "dev-dependencies")
        lists = [package.get("dependencies", [])]
        lists += [entries for key in groups for entries in package.get(key, {}).values()]
        yield from (entry.get("name") for entries in lists for entry in entries)
