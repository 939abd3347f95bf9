"""The formats of manifests, and the manifests of a function."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import filterfalse
from pathlib import Path

from function_buildpack import constants
from function_buildpack.manifests.manifest import Manifest, is_for_development
from function_buildpack.source import requirements_files, user_files
from function_buildpack.source.project import Project


@dataclass(frozen=True)
class Format:
    """A file that declares dependencies, and the module for it.

    The module has a function `read`, which takes the function and the file's path and returns the
    manifest, or None if the file declares nothing. It is imported only if the file exists.
    """

    file: str
    module: str
    # A file without which a lock is ignored: the file that it was made from.
    needs: str = ""
    # Whether it may be at the root of a uv workspace.
    in_workspace: bool = False

    def path(self, project: Project) -> Path:
        """Return its path, which may not exist."""
        root = project.workspace_root if self.in_workspace else None
        return (root or project.folder) / self.file

    def counts(self, project: Project) -> bool:
        """Return whether it exists, and the file that it needs."""
        is_complete = not self.needs or (project.folder / self.needs).is_file()
        return is_complete and self.path(project).is_file()

    def read(self, project: Project) -> Manifest | None:
        """Read the file."""
        reader: Callable[[Project, Path], Manifest | None]
        reader = importlib.import_module(self.module).read
        return reader(project, self.path(project))


_HERE = __name__.rpartition(".")[0]
# In order of precedence: locks, lists of versions, lists of ranges.
FORMATS = (
    Format(constants.UV_LOCK, f"{_HERE}.uv_lock", needs=constants.PYPROJECT, in_workspace=True),
    Format(constants.PYLOCK, f"{_HERE}.pylock"),
    Format(constants.POETRY_LOCK, f"{_HERE}.poetry_lock", needs=constants.PYPROJECT),
    Format(constants.PIPFILE_LOCK, f"{_HERE}.pipfile_lock"),
    Format(constants.REQUIREMENTS, f"{_HERE}.requirements_txt"),
    Format(constants.PYPROJECT, f"{_HERE}.pyproject_toml"),
    Format(constants.SETUP_PY, f"{_HERE}.setuptools"),
    Format(constants.SETUP_CFG, f"{_HERE}.setuptools"),
)


@dataclass(frozen=True)
class Manifests:
    """The manifests of a function, in order of precedence. There may be none."""

    project: Project
    manifests: tuple[Manifest, ...] = ()
    # Ignored files of other tools → the reason.
    ignored: Mapping[str, str] = field(default_factory=dict)
    # Files whose name is nearly that of a missing file → that name.
    misnamed: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def chosen(self) -> Manifest:
        """The manifest to install from."""
        if self.manifests:
            return self.manifests[0]
        from function_buildpack.manifests import pyproject_toml  # noqa: PLC0415 -- for few

        return pyproject_toml.NoManifest(self.project)

    @property
    def others(self) -> tuple[str, ...]:
        """The names of the other manifests."""
        return tuple(manifest.name for manifest in self.manifests[1:])

    @property
    def indexes(self) -> dict[str, str]:
        """Their package indexes: name → URL."""
        return {name: url for each in self.manifests for name, url in each.indexes.items()}


def read(project: Project) -> Manifests:
    """Read all manifests of a function.

    :raises FileUnreadable: one is not a regular file.
    :raises FileInvalid: one cannot be parsed.
    """
    for path in (*(each.path(project) for each in FORMATS), project.folder / constants.PIPFILE):
        user_files.check(path)
    found = (each.read(project) for each in FORMATS if each.counts(project))
    declared = Manifests(project, tuple(manifest for manifest in found if manifest))
    return replace(declared, ignored=_ignored(declared), misnamed=_misnamed(project))


# Files of other tools → why they are ignored.
_IGNORED = {
    constants.PDM_LOCK: f"create a lock with pdm export -f pylock -o {constants.PYLOCK}",
    **dict.fromkeys(constants.CONDA_FILES, "a Python package index does not have conda's packages"),
    constants.PYLOCKS: f"the build reads only {constants.PYLOCK}. Rename the file",
    constants.PROCFILE: "the image starts the runtime, which serves the function",
    constants.APTFILE: "a build installs no Debian packages",
    constants.DOCKERFILE: "the buildpack creates the image",
}
_TOOL_VERSIONS = f"use {constants.PYTHON_VERSION_FILE} or {constants.PYTHON_VERSION} for Python"


def _ignored(declared: Manifests) -> dict[str, str]:
    project, folder = declared.project, declared.project.folder
    found = dict(_of_other_tools(folder))
    for each in FORMATS:
        if each.needs and not each.counts(project) and each.path(project).is_file():
            found[each.file] = f"there is no {each.needs}"
    if (folder / constants.PIPFILE).is_file() and not (folder / constants.PIPFILE_LOCK).is_file():
        reason = f"there is no {constants.PIPFILE_LOCK}, and {declared.chosen.name} exists"
        found[constants.PIPFILE] = reason
    for name in filterfalse(is_for_development, requirements_files.not_included(folder)):
        found[name] = f"{constants.REQUIREMENTS} does not include it (-r {name})"
    return found


def _of_other_tools(folder: Path) -> Iterator[tuple[str, str]]:
    for pattern, reason in _IGNORED.items():
        yield from ((path.name, reason) for path in sorted(folder.glob(pattern)) if path.is_file())
    # The file may have versions of several tools, one in each line.
    tools = folder / constants.TOOL_VERSIONS
    if tools.is_file() and _asks_for_python(requirements_files.read(tools)):
        yield tools.name, _TOOL_VERSIONS


def _asks_for_python(text: str) -> bool:
    return any(line.startswith("python ") for line in text.splitlines())


def _misnamed(project: Project) -> dict[str, str]:
    names = (
        *(constants.FUNC_YAML, constants.PYTHON_VERSION_FILE, constants.PIPFILE),
        *(each.file for each in FORMATS),
    )
    return user_files.misnamed(project.folder, names)
