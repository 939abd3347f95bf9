"""How statements of dependencies name what is local, and where that is. Opens no file.

A reference is a path or a `file:` URL, and may have variables, percent signs and a fragment. All
that it could mean here counts: too much costs a reinstall, too little a stale layer.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from function_buildpack import constants

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


_COMMENT = re.compile(r"(?:^|\s)#.*")
_CONTINUED = re.compile(r"\\\r?\n")
_INCLUDE = re.compile(r"\s*(?:-r|--requirement|-c|--constraint)[\s=]*[\"']?(.+?)[\"']?\s*")
# What separates a path from what is around it: options, names before "@", extras, quotes.
_SEPARATOR = re.compile(r"[\s=@\[\]\"',;]+")
# A path that has some of that in itself: all behind an option, or a name and its extras.
_VALUE = re.compile(
    r"\s*(?:(?:-[a-z]|--[a-z-]+)[\s=]*)?(?:[\w.-]+\s*(?:\[[^]]*\]\s*)?@\s*)?"
    r"[\"']?(?P<path>.+?)[\"']?(?:\[[^]]*\])?(?:\s*;\s.*|\s--.*)?\s*"
)


def in_requirements(text: str) -> set[str]:
    """Return every word of a requirements file, and what a line names as a whole; no comments."""
    return {found for line in _lines(text) for found in _in_line(line)}


def included(text: str) -> list[str]:
    """Return the files that a requirements file includes, for requirements or constraints."""
    return [match[1] for line in _lines(text) if (match := _INCLUDE.fullmatch(line))]


def _lines(text: str) -> list[str]:
    return _CONTINUED.sub(" ", _COMMENT.sub("", text)).splitlines()


def _in_line(line: str) -> set[str]:
    value = _VALUE.fullmatch(line)
    return {*_SEPARATOR.split(line), value["path"] if value else ""} - {""}


# Keys under which locks and pyproject.toml name a file or folder.
_PLACES = frozenset({"path", "directory", "editable", "file", "url", "git"})


def in_lock(data: object) -> set[str]:
    """Return every string under a key of a place, however deep."""
    return {value for key, value in _strings(data) if key in _PLACES}


def in_pyproject(pyproject: Mapping[str, Any]) -> set[str]:
    """Return what the tables of pyproject.toml that decide what is installed or built may name."""
    poetry = table(pyproject, "tool", "poetry")
    found = in_uv(pyproject) | in_lock([poetry.get(key) for key in _OF_POETRY])
    for reference in direct(pyproject):
        found |= _in_line(reference)
    return found


_OF_POETRY = ("dependencies", "dev-dependencies", "group")


def in_uv(pyproject: Mapping[str, Any]) -> set[str]:
    """Return what uv's own table of pyproject.toml names."""
    stated = _strings(table(pyproject, "tool", "uv"))
    return {value for key, value in stated if key in _PLACES | {"find-links"}}


def direct(pyproject: Mapping[str, Any]) -> list[str]:
    """Return what is behind the name of the requirements that say where a package is (PEP 508)."""
    project = table(pyproject, "project")
    stated = [
        *(project.get("dependencies"), project.get("optional-dependencies")),
        *(pyproject.get("dependency-groups"), table(pyproject, "build-system").get("requires")),
        table(pyproject, "tool", "uv"),
    ]
    return [value.partition("@")[2].strip() for _, value in _strings(stated) if "@" in value]


def workspace(pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the table of a uv workspace."""
    return table(pyproject, "tool", "uv", "workspace")


def of_workspace(pyproject: Mapping[str, Any]) -> set[str]:
    """Return the packages that uv is told to take from the workspace."""
    return {
        canonicalize_name(package)
        for package, stated in table(pyproject, "tool", "uv", "sources").items()
        for source in (stated if isinstance(stated, list) else [stated])  # a list for markers
        if isinstance(source, Mapping) and source.get("workspace")
    }


def name(pyproject: Mapping[str, Any]) -> str:
    """Return the name of the package of a pyproject.toml; empty if it has none."""
    return canonicalize_name(str(table(pyproject, "project").get("name", "")))


def are_static(pyproject: Mapping[str, Any]) -> bool:
    """Say whether the dependencies are in the project table, and no build backend is asked."""
    project = table(pyproject, "project")
    dynamic = {"dependencies", "optional-dependencies"} & {*project.get("dynamic", ())}
    return bool(project) and not dynamic


def are_computed(pyproject: Mapping[str, Any]) -> bool:
    """Say whether only the build backend knows the dependencies; Poetry's has a table of them."""
    backend = str(table(pyproject, "build-system").get("build-backend"))
    is_poetry = "poetry" in backend and bool(table(pyproject, "tool", "poetry"))
    return not (are_static(pyproject) or is_poetry)


def table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return a table within tables; one that is missing, or none, is an empty one."""
    for key in keys:
        found = data.get(key)
        data = found if isinstance(found, Mapping) else {}
    return data


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
