"""The files that decide what is installed.

Local packages are copied into the layer, so the key has all their files, and those of the local
packages that they name. A build backend may read any file for dynamic dependencies, so then the key
has all files of the source except the function's own.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from function_buildpack import constants
from function_buildpack.layers.dependencies.build_inputs import cache_keys, runs_own_code
from function_buildpack.log import url_redaction
from function_buildpack.plan.plan import Plan
from function_buildpack.source import local_packages, requirements_files
from function_buildpack.source.local_packages import ReferenceResolver, is_project
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.system import tree


@dataclass(frozen=True)
class Inputs:
    """The inputs of an installation by this plan."""

    plan: Plan
    around: ReferenceResolver

    @cached_property
    def digest(self) -> str:
        """A digest of all inputs. Empty if nothing is installed.

        :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
        """
        if not self.plan.manifest.name:
            return ""
        app = self.around.app
        locked = [line.replace(f"{app.as_uri()}/", "file:").encode() for line in self.plan.locked]
        declared = [_tables(self.plan).encode(), *locked]
        return tree.digest(declared + tree.identify(self.files, app))

    @cached_property
    def files(self) -> list[Path]:
        """The files and links to folders, sorted, without duplicates."""
        project, app = self.plan.project, self.around.app
        named = self._paths | _configuration(project.folder, app)
        named |= {path for folder in self.built for path in cache_keys(folder).files}
        found = tree.files(named, app)
        return sorted(found | (_all_but_sources(project, app) if self._is_open else set()))

    @cached_property
    def built(self) -> frozenset[Path]:
        """The folders that a build backend builds, or whose dependencies it computes."""
        own = {self.plan.project.folder} if self._runs_backend else set()
        return frozenset(filter(is_project, self._paths)) | own

    @property
    def texts(self) -> Iterator[str]:
        """The texts that may name what is installed, with expanded variables."""
        for path in {self.plan.manifest.path, self.plan.project.pyproject_path, *self._paths}:
            for file in (path, *(path / name for name in _METADATA_FILES)):
                if file.is_file() and file.suffix in _TEXTS:
                    yield self.around.expanded(requirements_files.read(file))

    @property
    def remote_lists(self) -> set[str]:
        """The addresses of lists of requirements or constraints, without credentials."""
        included = {address for text in self.texts for address in requirements_files.included(text)}
        return set(map(url_redaction.public, included)) - {""}

    @cached_property
    def _named(self) -> set[Path]:
        return self.plan.manifest.local_inputs(self.around)

    @cached_property
    def _paths(self) -> set[Path]:
        """The local inputs. The own project has its own layer, so only its metadata counts here."""
        project = self.plan.project
        if not self.plan.package.exists or project.folder not in self._named:
            return self._named
        is_static = project.pyproject.is_static
        return self._named - {project.folder} | (set() if is_static else {project.pyproject_path})

    @cached_property
    def _runs_backend(self) -> bool:
        """Whether a build backend computes the function's dependencies."""
        return self.plan.manifest.runs_backend(self.around, self._named)

    @property
    def _is_open(self) -> bool:
        """Whether a build may read any file: it runs the package's code, or computes dependencies.

        With a lock, nothing computes dependencies.
        """
        is_computed = not self.plan.manifest.is_lock and any(
            local_packages.computes(path, self.around) for path in self.built
        )
        return self._runs_backend or is_computed or any(map(runs_own_code, self.built))


_METADATA_FILES = (constants.PYPROJECT, constants.SETUP_PY, constants.SETUP_CFG)
_TEXTS = frozenset({".cfg", ".in", ".lock", ".py", ".toml", ".txt"})


def _tables(plan: Plan) -> str:
    """Return a digest of the tables of pyproject.toml that decide what is installed."""
    declared = plan.project.pyproject
    install_settings = {
        "project": {key: declared.project.get(key) for key in _KEYS},
        "uv": declared.table("tool").get("uv"),
        "groups": declared.content.get("dependency-groups") if plan.selection.groups else None,
        "constraints": plan.constraints,
        "selected": [sorted(plan.selection.extras), sorted(plan.selection.groups)],
    }
    return tree.digest([json.dumps(install_settings, sort_keys=True, default=str).encode()])


_KEYS = ("dependencies", "optional-dependencies", "requires-python", "dynamic")


def _configuration(folder: Path, app: Path) -> set[Path]:
    """Return the file with uv's settings, unless it is the function's pyproject.toml.

    uv uses the nearest one, in its own folder or above ("Configuration files").
    """
    inside = (parent for parent in (folder, *folder.parents) if parent.is_relative_to(app))
    for parent in inside:
        if (file := parent / constants.UV_TOML).is_file():
            return {file}
        if "uv" in Pyproject.read(file := parent / constants.PYPROJECT).table("tool"):
            return {file} - {folder / constants.PYPROJECT}  # _tables has its contents
    return set()


def _all_but_sources(project: Project, app: Path) -> set[Path]:
    package = project.package.resolve()
    return {
        path
        for path in tree.files([app], app)
        if not (path.suffix == ".py" and package in (path, *path.parents))
    }
