"""uv.lock, which uv installs itself: only what is read of it here, and of which kinds it is."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from function_buildpack import constants
from function_buildpack.image import artifacts
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.manifests import pyproject_toml, requirement_lines
from function_buildpack.manifests.manifest import Installation, Manifest, Selectable
from function_buildpack.source import decoding, local_packages
from function_buildpack.source.local_packages import Surroundings
from function_buildpack.source.project import Project
from function_buildpack.source.schema import ListOf, Table
from function_buildpack.uv.origin import Origin

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
    """A lock for pyproject.toml. That it matches is checked by uv."""

    name = constants.UV_LOCK
    asked_in = constants.PYPROJECT
    is_lock = True
    command = "uv lock"
    shape = Table({"package": ListOf(_PACKAGE)})
    local_package = pyproject_toml.LOCAL_PACKAGE

    @property
    def path(self) -> Path:
        """Where it is: at the root of a uv workspace, if the function is a member of one."""
        return (self.project.workspace_root or self.project.folder) / self.name

    @property
    def selectable(self) -> Selectable:
        """The extras and groups of pyproject.toml."""
        return pyproject_toml.selectable(self.project.pyproject)

    @property
    def default_groups(self) -> frozenset[str]:
        """Those of uv."""
        return pyproject_toml.default_groups(self.project.pyproject)

    def requirements(self, locked: object) -> list[str]:
        """Return the dependencies of the project table."""
        del locked
        return [*self.project.pyproject.dependencies]

    @property
    def requires_python(self) -> object:
        """The range that it was locked for."""
        return self.content.get("requires-python", "")

    @property
    def artifacts(self) -> Artifacts:
        """The files of all packages."""
        return artifacts.of_packages(self.content.get("package", ()))

    def local_inputs(self, around: Surroundings) -> set[Path]:
        """Return it, and the local packages that others depend on.

        The project itself is not installed from it.
        """
        packages = self.content.get("package", [])
        needed = set(_needed(packages))
        sources = [item.get("source") for item in packages if item.get("name") in needed]
        places = local_packages.in_lock(sources)
        return {self.path, *around.paths(places, self.path.parent)}

    def install(self, wanted: Installation) -> None:
        """Have uv install it.

        `uv sync` asks the lock's own addresses, so without an index a list of its packages is
        installed. Then uv cannot see that the lock matches; its versions and hashes are kept to.
        """
        if wanted.uv.asks_indexes:
            wanted.uv.sync(self.project.folder, wanted.venv, self.path, wanted.selection)
            return
        with requirement_lines.written(()) as requirements:
            exported_by = wanted.uv.export(self.project.folder, wanted.selection, requirements)
            origin = Origin(self.path, wanted.selection, exported_by=exported_by)
            options = [*wanted.options, "--no-deps"]
            wanted.uv.install(requirements, self.project.folder, options, origin=origin)


def _needed(packages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for package in packages:
        groups = ("optional-dependencies", "dev-dependencies")
        lists = [package.get("dependencies", [])]
        lists += [entries for key in groups for entries in package.get(key, {}).values()]
        yield from (entry.get("name") for entries in lists for entry in entries)
