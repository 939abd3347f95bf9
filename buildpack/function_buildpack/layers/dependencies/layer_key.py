"""Which files decide what is installed, beside what the plan says itself, and their digest.

Local packages are copied into the layer, so every file of them decides, and of those that they
name in turn. Build backends read what they like for dynamic dependencies, so there all files of
the source count but the function's own.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from function_buildpack import constants
from function_buildpack.layers.dependencies import build_inputs
from function_buildpack.layers.dependencies.build_inputs import cache_keys, runs_own_code
from function_buildpack.log import redaction, url_redaction
from function_buildpack.manifests.statements import LOCKS, Source
from function_buildpack.plan.plan import Plan, digest
from function_buildpack.source import local_packages, requirements_files
from function_buildpack.source.local_packages import Surroundings, is_project
from function_buildpack.source.project import Project, members, read_pyproject, workspace_root


@dataclass(frozen=True)
class Decisive:
    """What decides an installation: of this plan, with what its statements are read with."""

    plan: Plan
    around: Surroundings

    @cached_property
    def digest(self) -> str:
        """A digest of all of it; empty if nothing is installed.

        :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
        """
        if self.plan.source is Source.NOTHING:
            return ""
        app = self.around.app
        locked = [line.replace(f"{app.as_uri()}/", "file:").encode() for line in self.plan.locked]
        stated = [self.plan.requirements_key().encode(), *locked]
        return digest(stated + build_inputs.identify(self.files, app))

    @cached_property
    def files(self) -> list[Path]:
        """The files, and links to folders, sorted, each once."""
        project, app = self.plan.project, self.around.app
        named = self._paths | _configuration(project.folder, app)
        named |= {path for folder in self.built for path in cache_keys(folder).files}
        found = build_inputs.files(named, app)
        return sorted(found | (_all_but_sources(project, app) if self._is_open else set()))

    @cached_property
    def built(self) -> frozenset[Path]:
        """The folders whose packages a backend builds, or is asked for their dependencies."""
        own = {self.plan.project.folder} if self._is_asked else set()
        return frozenset(filter(is_project, self._paths)) | own

    @property
    def texts(self) -> Iterator[str]:
        """The texts that may name what is installed, with the values of their variables."""
        for path in {self.plan.source_path, self.plan.project.pyproject_path, *self._paths}:
            for file in (path, *(path / name for name in _STATING)):
                if file.is_file() and file.suffix in _TEXTS:
                    yield self.around.expanded(requirements_files.read(file))

    @property
    def remote_lists(self) -> set[str]:
        """The addresses of lists of requirements or constraints, without credentials."""
        included = {address for text in self.texts for address in local_packages.included(text)}
        return set(map(url_redaction.public, included)) - {""}

    @cached_property
    def _named(self) -> set[Path]:
        return paths(self.plan, self.around)

    @cached_property
    def _paths(self) -> set[Path]:
        """What is named; of the function's own project, which has its own layer, what it needs."""
        project = self.plan.project
        if not self.plan.package.exists or project.folder not in self._named:
            return self._named
        is_static = local_packages.are_static(project.pyproject)
        return self._named - {project.folder} | (set() if is_static else {project.pyproject_path})

    @cached_property
    def _is_asked(self) -> bool:
        """Whether a build backend is asked for the function's own dependencies."""
        folder = self.plan.project.folder
        match self.plan.source:
            case Source.SETUP_PY | Source.SETUP_CFG:
                return True
            case Source.PYPROJECT:
                return _computes(folder, self.around)
            case Source.REQUIREMENTS:
                return folder in self._named and _computes(folder, self.around)
            case _:
                return False

    @property
    def _is_open(self) -> bool:
        """Whether a build may read any file: its code is the package's, or what it computes.

        With a lock no dependencies are computed.
        """
        is_computed = self.plan.source not in LOCKS and any(
            _computes(path, self.around) for path in self.built
        )
        return self._is_asked or is_computed or any(map(runs_own_code, self.built))


_STATING = (constants.PYPROJECT, constants.SETUP_PY, constants.SETUP_CFG)
_TEXTS = frozenset({".cfg", ".in", ".lock", ".py", ".toml", ".txt"})


def settings(stated: Mapping[str, str], around: Surroundings) -> str:
    """Return settings of uv as text, with a digest of the files that they name."""
    return ", ".join(f"{name}={value}{_named(value, around)}" for name, value in stated.items())


def _named(words: str, around: Surroundings) -> str:
    seen: set[Path] = set()
    for word in words.split():
        seen.update(_with_includes(Path(os.path.normpath(around.cwd / word)), around, set()))
    parts = build_inputs.identify(build_inputs.files(seen, around.app), around.app)
    return f" ({digest(parts)[:_SHOWN]})" if parts else ""


_SHOWN = 8  # of a digest that people read


def configuration(environ: Mapping[str, str]) -> str:
    """Return a digest of uv's settings that the platform has in files; empty if there are none.

    Without credentials in URLs. See "Configuration files" and UV_CONFIG_FILE in uv's documentation.
    """
    folders = environ.get("XDG_CONFIG_DIRS", "").split(":")
    named = [
        environ.get("UV_CONFIG_FILE", ""),
        *(f"{each}/uv/{constants.UV_TOML}" for each in folders),
    ]
    there = [path for path in map(Path, named) if path.is_file()]
    texts = [redaction.urls(path.read_text(encoding="utf-8")).encode() for path in there]
    return digest(texts)[:_SHOWN] if texts else ""


def _computes(path: Path, around: Surroundings) -> bool:
    """Say whether only a build backend knows the dependencies of a package."""
    pyproject = read_pyproject(path / constants.PYPROJECT)
    is_clear = all(map(around.is_clear, local_packages.direct(pyproject)))
    return local_packages.are_computed(pyproject) or not is_clear


def paths(plan: Plan, around: Surroundings) -> set[Path]:
    """Return the files and folders that are named, and those that local packages name in turn.

    :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
    """
    match plan.source:
        case Source.UV_LOCK:
            return {plan.source_path, *_local_to_uv_lock(plan, around)}
        case Source.PYLOCK | Source.POETRY_LOCK | Source.PIPFILE_LOCK:
            lock = local_packages.in_lock(plan.project.locks[plan.source.value])
            return {plan.source_path, *around.paths(lock, plan.project.folder)}
        case Source.REQUIREMENTS:
            return _followed(_with_includes(plan.source_path, around, set()), around)
        case Source.PYPROJECT:
            return _followed(_local_to_pyproject(plan.project, around), around)
        case Source.SETUP_PY | Source.SETUP_CFG | Source.NOTHING:
            return set()


def _configuration(folder: Path, app: Path) -> set[Path]:
    """Return the file that uv takes its settings from, if it is not the function's pyproject.toml.

    uv takes the first folder that has one, from its own upwards ("Configuration files").
    """
    inside = (parent for parent in (folder, *folder.parents) if parent.is_relative_to(app))
    for parent in inside:
        if (file := parent / constants.UV_TOML).is_file():
            return {file}
        if "uv" in read_pyproject(file := parent / constants.PYPROJECT).get("tool", {}):
            return {file} - {folder / constants.PYPROJECT}  # that one is in the plan's key
    return set()


def _local_to_uv_lock(plan: Plan, around: Surroundings) -> Iterator[Path]:
    """Yield the local packages that others depend on; the project itself is not installed."""
    packages = plan.project.locks[constants.UV_LOCK].get("package", [])
    needed = set(_needed(packages))
    for package in packages:
        if package.get("name") in needed:
            places = local_packages.in_lock(package.get("source"))
            yield from around.paths(places, plan.source_path.parent)


def _needed(packages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for package in packages:
        groups = ("optional-dependencies", "dev-dependencies")
        lists = [package.get("dependencies", [])]
        lists += [entries for key in groups for entries in package.get(key, {}).values()]
        yield from (entry.get("name") for entries in lists for entry in entries)


def _local_to_pyproject(project: Project, around: Surroundings) -> set[Path]:
    found = _named_by(project.folder, around)
    # Other tables than the project's are not in the plan's own key.
    return (
        found if local_packages.are_static(project.pyproject) else {project.pyproject_path, *found}
    )


def _followed(paths: Iterable[Path], around: Surroundings) -> set[Path]:
    """Return paths, and what the packages among them name, and so on."""
    found, waiting = set[Path](), [*paths]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _named_by(path, around) if is_project(path) else ()
    return found


def _named_by(folder: Path, around: Surroundings) -> set[Path]:
    """Return what the pyproject.toml of a folder names, with those of the uv workspace around."""
    pyproject = read_pyproject(folder / constants.PYPROJECT)
    found = set(around.paths(local_packages.in_pyproject(pyproject), folder))
    root = workspace_root(folder) or folder
    shared = read_pyproject(root / constants.PYPROJECT)
    if root != folder:  # what is said there is said for all members
        found |= {root / constants.PYPROJECT, *around.paths(local_packages.in_uv(shared), root)}
    if wanted := local_packages.of_workspace(pyproject) | local_packages.of_workspace(shared):
        listed = {root / constants.PYPROJECT, *members(root, local_packages.workspace(shared))}
        if local_packages.name(shared) in wanted:
            listed.add(root)
        found |= listed - {around.cwd}  # the function itself is not installed
    return found


def _all_but_sources(project: Project, app: Path) -> set[Path]:
    package = project.package.resolve()
    return {
        path
        for path in build_inputs.files([app], app)
        if not (path.suffix == ".py" and package in (path, *path.parents))
    }


def _with_includes(path: Path, around: Surroundings, seen: set[Path]) -> Iterator[Path]:
    """Yield a requirements file, what it includes, and what its words name; missing ones are uv's.

    Paths are relative to the file or to the folder that uv runs in.
    """
    if path in seen or not path.is_file():
        return
    seen.add(path)
    yield path
    text = requirements_files.read(path)
    for folder in (path.parent, around.cwd):
        yield from around.paths(local_packages.in_requirements(text), folder)
    for file in around.paths(local_packages.included(text), path.parent):
        yield from _with_includes(file, around, seen)
