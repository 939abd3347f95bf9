"""Which files decide what is installed.

Local packages are copied into the layer, so every file of them decides, and of those that they
name in turn. Build backends read what they like for dynamic dependencies, so there all files of
the source count but the function's own.
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
from function_buildpack.source.local_packages import Surroundings, is_project
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.system import tree


@dataclass(frozen=True)
class Inputs:
    """What decides an installation: of this plan, with what its manifest is read with."""

    plan: Plan
    around: Surroundings

    @cached_property
    def digest(self) -> str:
        """A digest of all of it; empty if nothing is installed.

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
        """The files, and links to folders, sorted, each once."""
        project, app = self.plan.project, self.around.app
        named = self._paths | _configuration(project.folder, app)
        named |= {path for folder in self.built for path in cache_keys(folder).files}
        found = tree.files(named, app)
        return sorted(found | (_all_but_sources(project, app) if self._is_open else set()))

    @cached_property
    def built(self) -> frozenset[Path]:
        """The folders whose packages a backend builds, or is asked for their dependencies."""
        own = {self.plan.project.folder} if self._is_asked else set()
        return frozenset(filter(is_project, self._paths)) | own

    @property
    def texts(self) -> Iterator[str]:
        """The texts that may name what is installed, with the values of their variables."""
        for path in {self.plan.manifest.path, self.plan.project.pyproject_path, *self._paths}:
            for file in (path, *(path / name for name in _DECLARING)):
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
        """What is named; of the function's own project, which has its own layer, what it needs."""
        project = self.plan.project
        if not self.plan.package.exists or project.folder not in self._named:
            return self._named
        is_static = project.pyproject.is_static
        return self._named - {project.folder} | (set() if is_static else {project.pyproject_path})

    @cached_property
    def _is_asked(self) -> bool:
        """Whether a build backend is asked for the function's own dependencies."""
        return self.plan.manifest.asks_backend(self.around, self._named)

    @property
    def _is_open(self) -> bool:
        """Whether a build may read any file: its code is the package's, or what it computes.

        With a lock no dependencies are computed.
        """
        is_computed = not self.plan.manifest.is_lock and any(
            local_packages.computes(path, self.around) for path in self.built
        )
        return self._is_asked or is_computed or any(map(runs_own_code, self.built))


_DECLARING = (constants.PYPROJECT, constants.SETUP_PY, constants.SETUP_CFG)
_TEXTS = frozenset({".cfg", ".in", ".lock", ".py", ".toml", ".txt"})


def _tables(plan: Plan) -> str:
    """Return a digest of the tables of pyproject.toml that decide what is installed."""
    declared = plan.project.pyproject
    decisive = {
        "project": {key: declared.project.get(key) for key in _KEYS},
        "uv": declared.table("tool").get("uv"),
        "groups": declared.content.get("dependency-groups") if plan.selection.groups else None,
        "constraints": plan.constraints,
        "selected": [sorted(plan.selection.extras), sorted(plan.selection.groups)],
    }
    return tree.digest([json.dumps(decisive, sort_keys=True, default=str).encode()])


_KEYS = ("dependencies", "optional-dependencies", "requires-python", "dynamic")


def _configuration(folder: Path, app: Path) -> set[Path]:
    """Return the file that uv takes its settings from, if it is not the function's pyproject.toml.

    uv takes the first folder that has one, from its own upwards ("Configuration files").
    """
    inside = (parent for parent in (folder, *folder.parents) if parent.is_relative_to(app))
    for parent in inside:
        if (file := parent / constants.UV_TOML).is_file():
            return {file}
        if "uv" in Pyproject.read(file := parent / constants.PYPROJECT).table("tool"):
            return {file} - {folder / constants.PYPROJECT}  # that one is in the plan's key
    return set()


def _all_but_sources(project: Project, app: Path) -> set[Path]:
    package = project.package.resolve()
    return {
        path
        for path in tree.files([app], app)
        if not (path.suffix == ".py" and package in (path, *path.parents))
    }
