"""Finds the local packages, files and folders that manifests refer to.

A reference is a path or a `file:` URL, and may have variables, percent-encoding and a fragment. All
existing paths that it may mean count: one too many costs a reinstallation, but one too few would
reuse an outdated layer.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import unquote

from function_buildpack import constants
from function_buildpack.source import pyproject, requirements_files
from function_buildpack.source.pyproject import Pyproject

# The form of variables for uv and pip (uv-pep508, expand_env_vars).
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_SCHEME = re.compile(r"^(?:git\+)?file:(?://(?:localhost(?=/))?)?")
_SLASHES = re.compile(r"^/+")  # of file:///${PROJECT_ROOT}


@dataclass(frozen=True)
class ReferenceResolver:
    """Resolves references, with the source `app`, and uv's folder and variables."""

    app: Path
    cwd: Path
    environ: Mapping[str, str]

    def paths(self, references: Iterable[str], folder: Path) -> Iterator[Path]:
        """Yield the existing paths that references in a folder may mean.

        A folder above it counts only if it is a project: any word may contain "/" or "..".
        """
        for reference, root in product(references, (self.cwd, folder)):  # for uv and for PDM
            for spelling in _spellings(self._expanded(reference, root)):
                path = Path(os.path.normpath(folder / spelling))
                # Unlike Path.exists, this returns False for a name that is too long.
                there = os.path.exists(path)  # noqa: PTH110
                if there and (path not in folder.parents or is_project(path)):
                    yield path

    def is_clear(self, reference: str) -> bool:
        """Return whether a reference can be read without a build backend."""
        return "{" not in self._expanded(reference, self.cwd)  # {root:uri} is hatchling's

    def expanded(self, text: str) -> str:
        """Return a text with expanded variables."""
        return self._expanded(text, self.cwd)

    def _expanded(self, reference: str, root: Path) -> str:
        values = {"PROJECT_ROOT": str(root), **self.environ}
        return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), reference)


def _spellings(reference: str) -> set[str]:
    """Return the paths that a reference may mean."""
    path = _SLASHES.sub("/", _SCHEME.sub("", reference))
    plain = path.partition("#")[0]
    return {path, plain, unquote(plain)} - {""} if "://" not in path else set()


def is_project(folder: Path) -> bool:
    """Return whether a package can be built from a folder."""
    files = (constants.PYPROJECT, constants.SETUP_PY, constants.SETUP_CFG)
    return any((folder / file).is_file() for file in files)


# Characters around a path: of options, names before "@", extras, quotes.
_SEPARATOR = re.compile(r"[\s=@\[\]\"',;]+")
# A path that contains such characters: everything after an option, or after a name and its extras.
_VALUE = re.compile(
    r"\s*(?:(?:-[a-z]|--[a-z-]+)[\s=]*)?(?:[\w.-]+\s*(?:\[[^]]*\]\s*)?@\s*)?"
    r"[\"']?(?P<path>.+?)[\"']?(?:\[[^]]*\])?(?:\s*;\s.*|\s--.*)?\s*"
)


def in_requirements(text: str) -> set[str]:
    """Return the words of a requirements file, and the path of each line, without comments."""
    return {found for line in requirements_files.joined(text) for found in _in_line(line)}


def _in_line(line: str) -> set[str]:
    value = _VALUE.fullmatch(line)
    return {*_SEPARATOR.split(line), value["path"] if value else ""} - {""}


# Keys of files and folders in locks and pyproject.toml.
_PLACES = frozenset({"path", "directory", "editable", "file", "url", "git"})


def in_lock(data: object) -> set[str]:
    """Return the strings under keys for files and folders, at any depth."""
    return {value for key, value in _strings(data) if key in _PLACES}


def in_pyproject(declaring: Pyproject) -> set[str]:
    """Return the references in the tables of pyproject.toml that matter for an installation."""
    poetry = declaring.table("tool", "poetry")
    found = in_uv(declaring) | in_lock([poetry.get(key) for key in _OF_POETRY])
    for reference in direct(declaring):
        found |= _in_line(reference)
    return found


_OF_POETRY = ("dependencies", "dev-dependencies", "group")


def in_uv(declaring: Pyproject) -> set[str]:
    """Return the references in uv's table of pyproject.toml."""
    found = _strings(declaring.table("tool", "uv"))
    return {value for key, value in found if key in _PLACES | {"find-links"}}


def direct(declaring: Pyproject) -> list[str]:
    """Return the addresses in requirements of the form `name @ address` (PEP 508)."""
    declared = [
        *(declaring.project.get("dependencies"), declaring.project.get("optional-dependencies")),
        *(declaring.content.get("dependency-groups"), declaring.build_system.get("requires")),
        declaring.table("tool", "uv"),
    ]
    return [value.partition("@")[2].strip() for _, value in _strings(declared) if "@" in value]


def computes(folder: Path, around: ReferenceResolver) -> bool:
    """Return whether only a build backend knows the dependencies of a package."""
    declaring = Pyproject.read(folder / constants.PYPROJECT)
    return declaring.is_computed or not all(map(around.is_clear, direct(declaring)))


def followed(paths: Iterable[Path], around: ReferenceResolver) -> set[Path]:
    """Return paths, and recursively the paths that the packages among them refer to."""
    found, waiting = set[Path](), [*paths]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += named_by(path, around) if is_project(path) else ()
    return found


def named_by(folder: Path, around: ReferenceResolver) -> set[Path]:
    """Return the paths in the pyproject.toml of a folder, and in that of its uv workspace."""
    declaring = Pyproject.read(folder / constants.PYPROJECT)
    found = set(around.paths(in_pyproject(declaring), folder))
    root = pyproject.workspace_root(folder) or folder
    shared = Pyproject.read(root / constants.PYPROJECT)
    if root != folder:  # its settings apply to all members
        found |= {root / constants.PYPROJECT, *around.paths(in_uv(shared), root)}
    if wanted := declaring.from_workspace | shared.from_workspace:
        listed = {root / constants.PYPROJECT, *pyproject.members(root, shared.workspace)}
        if shared.name in wanted:
            listed.add(root)
        found |= listed - {around.cwd}  # the function itself is not installed
    return found


def with_includes(path: Path, around: ReferenceResolver) -> Iterator[Path]:
    """Yield a requirements file, the files that it includes, and the paths in them.

    Paths are relative to the file or to uv's working folder. uv reports missing files.
    """
    return _with_includes(path, around, set())


def _with_includes(path: Path, around: ReferenceResolver, seen: set[Path]) -> Iterator[Path]:
    if path in seen or not path.is_file():
        return
    seen.add(path)
    yield path
    text = requirements_files.read(path)
    for folder in (path.parent, around.cwd):
        yield from around.paths(in_requirements(text), folder)
    for file in around.paths(requirements_files.included(text), path.parent):
        yield from _with_includes(file, around, seen)


def _strings(data: object, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield all strings, at any depth, with the key of the string or of its list."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, Mapping):
        for name, value in data.items():
            yield from _strings(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value, key)
