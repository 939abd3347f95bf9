"""How statements of dependencies name what is local, and where that is.

A reference is a path or a `file:` URL, and may have variables, percent signs and a fragment. All
that it could mean here counts: too much costs a reinstall, too little a stale layer.
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

# uv's rule, and pip's: no other spelling of a variable is one (uv-pep508, expand_env_vars).
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_SCHEME = re.compile(r"^(?:git\+)?file:(?://(?:localhost(?=/))?)?")
_SLASHES = re.compile(r"^/+")  # of file:///${PROJECT_ROOT}


@dataclass(frozen=True)
class Surroundings:
    """What references are read with: the source that is built, the folder and variables of uv."""

    app: Path
    cwd: Path
    environ: Mapping[str, str]

    def paths(self, references: Iterable[str], folder: Path) -> Iterator[Path]:
        """Yield what is there of what references lead to from a folder.

        A folder around it only counts as a project: "/" or ".." may be any word.
        """
        for reference, root in product(references, (self.cwd, folder)):  # PDM takes the latter
            for spelling in _spellings(self._expanded(reference, root)):
                path = Path(os.path.normpath(folder / spelling))
                # Unlike Path.exists it says no to names that are too long for one.
                there = os.path.exists(path)  # noqa: PTH110
                if there and (path not in folder.parents or is_project(path)):
                    yield path

    def is_clear(self, reference: str) -> bool:
        """Say whether nothing but a build backend is needed to read a reference."""
        return "{" not in self._expanded(reference, self.cwd)  # {root:uri} is hatchling's

    def expanded(self, text: str) -> str:
        """Return a text with the values of its variables."""
        return self._expanded(text, self.cwd)

    def _expanded(self, reference: str, root: Path) -> str:
        values = {"PROJECT_ROOT": str(root), **self.environ}
        return _VARIABLE.sub(lambda match: values.get(match[1], match[0]), reference)


def _spellings(reference: str) -> set[str]:
    """Return a reference as the path that it is or has."""
    path = _SLASHES.sub("/", _SCHEME.sub("", reference))
    plain = path.partition("#")[0]
    return {path, plain, unquote(plain)} - {""} if "://" not in path else set()


def is_project(folder: Path) -> bool:
    """Say whether a folder is one that a package can be built from."""
    files = (constants.PYPROJECT, constants.SETUP_PY, constants.SETUP_CFG)
    return any((folder / file).is_file() for file in files)


# What separates a path from what is around it: options, names before "@", extras, quotes.
_SEPARATOR = re.compile(r"[\s=@\[\]\"',;]+")
# A path that has some of that in itself: all behind an option, or a name and its extras.
_VALUE = re.compile(
    r"\s*(?:(?:-[a-z]|--[a-z-]+)[\s=]*)?(?:[\w.-]+\s*(?:\[[^]]*\]\s*)?@\s*)?"
    r"[\"']?(?P<path>.+?)[\"']?(?:\[[^]]*\])?(?:\s*;\s.*|\s--.*)?\s*"
)


def in_requirements(text: str) -> set[str]:
    """Return every word of a requirements file, and what a line names as a whole; no comments."""
    return {found for line in requirements_files.joined(text) for found in _in_line(line)}


def _in_line(line: str) -> set[str]:
    value = _VALUE.fullmatch(line)
    return {*_SEPARATOR.split(line), value["path"] if value else ""} - {""}


# Keys under which locks and pyproject.toml name a file or folder.
_PLACES = frozenset({"path", "directory", "editable", "file", "url", "git"})


def in_lock(data: object) -> set[str]:
    """Return every string under a key of a place, however deep."""
    return {value for key, value in _strings(data) if key in _PLACES}


def in_pyproject(declaring: Pyproject) -> set[str]:
    """Return what the tables of pyproject.toml that decide what is installed or built may name."""
    poetry = declaring.table("tool", "poetry")
    found = in_uv(declaring) | in_lock([poetry.get(key) for key in _OF_POETRY])
    for reference in direct(declaring):
        found |= _in_line(reference)
    return found


_OF_POETRY = ("dependencies", "dev-dependencies", "group")


def in_uv(declaring: Pyproject) -> set[str]:
    """Return what uv's own table of pyproject.toml names."""
    found = _strings(declaring.table("tool", "uv"))
    return {value for key, value in found if key in _PLACES | {"find-links"}}


def direct(declaring: Pyproject) -> list[str]:
    """Return what is behind the name of the requirements that say where a package is (PEP 508)."""
    declared = [
        *(declaring.project.get("dependencies"), declaring.project.get("optional-dependencies")),
        *(declaring.content.get("dependency-groups"), declaring.build_system.get("requires")),
        declaring.table("tool", "uv"),
    ]
    return [value.partition("@")[2].strip() for _, value in _strings(declared) if "@" in value]


def computes(folder: Path, around: Surroundings) -> bool:
    """Say whether only a build backend knows the dependencies of a package."""
    declaring = Pyproject.read(folder / constants.PYPROJECT)
    return declaring.is_computed or not all(map(around.is_clear, direct(declaring)))


def followed(paths: Iterable[Path], around: Surroundings) -> set[Path]:
    """Return paths, and what the packages among them name, and so on."""
    found, waiting = set[Path](), [*paths]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += named_by(path, around) if is_project(path) else ()
    return found


def named_by(folder: Path, around: Surroundings) -> set[Path]:
    """Return what the pyproject.toml of a folder names, with those of the uv workspace around."""
    declaring = Pyproject.read(folder / constants.PYPROJECT)
    found = set(around.paths(in_pyproject(declaring), folder))
    root = pyproject.workspace_root(folder) or folder
    shared = Pyproject.read(root / constants.PYPROJECT)
    if root != folder:  # what is said there is said for all members
        found |= {root / constants.PYPROJECT, *around.paths(in_uv(shared), root)}
    if wanted := declaring.from_workspace | shared.from_workspace:
        listed = {root / constants.PYPROJECT, *pyproject.members(root, shared.workspace)}
        if shared.name in wanted:
            listed.add(root)
        found |= listed - {around.cwd}  # the function itself is not installed
    return found


def with_includes(path: Path, around: Surroundings) -> Iterator[Path]:
    """Yield a requirements file, what it includes, and what its words name; missing ones are uv's.

    Paths are relative to the file or to the folder that uv runs in.
    """
    return _with_includes(path, around, set())


def _with_includes(path: Path, around: Surroundings, seen: set[Path]) -> Iterator[Path]:
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
    """Yield every string, however deep, with the key that it or its list is under."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, Mapping):
        for name, value in data.items():
            yield from _strings(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value, key)
