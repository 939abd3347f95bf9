"""Which Python a function asks for, and which of those that there are it gets. Pure.

The forms of a request are uv's ("Requesting a version" of its documentation), as far as they name a
version of CPython; pyenv writes the same files.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, platform_tags
from packaging.utils import parse_wheel_filename
from packaging.version import Version

from function_buildpack import constants
from function_buildpack.log.errors.python import (
    PythonConflict,
    PythonEnded,
    PythonForeign,
    PythonInvalid,
    PythonUnknown,
)
from function_buildpack.log.errors.source import FieldInvalid
from function_buildpack.manifests.manifest import Manifest
from function_buildpack.source.project import Project
from function_buildpack.source.settings import Settings

# The last month of each version's fixes ("Status of Python versions" of the developer's guide,
# https://devguide.python.org/versions/).
_ENDS = {
    "2.7": "2020-01",
    "3.5": "2020-09",
    "3.6": "2021-12",
    "3.7": "2023-06",
    "3.8": "2024-10",
    "3.9": "2025-10",
    "3.10": "2026-10",
    "3.11": "2027-10",
    "3.12": "2028-10",
    "3.13": "2029-10",
    "3.14": "2030-10",
    "3.15": "2031-10",
}
# The runtime needs 3.11 (its pyproject.toml), and its locked packages have wheels up to 3.15.
SERVED = ("3.11", "3.12", "3.13", "3.14", "3.15")
# As many releases as any version that has ended had, and more.
_PATCHES = 40


@dataclass(frozen=True)
class Statement:
    """Where a Python is asked for, in what words, and what a version that is meant meets one of."""

    where: str
    stated: str
    specifiers: tuple[SpecifierSet, ...]

    def allows(self, version: str) -> bool:
        """Say whether a version is meant."""
        return any(item.contains(version, prereleases=True) for item in self.specifiers)

    def __str__(self) -> str:
        """Say both, as the log does."""
        return f"{self.where} says {self.stated}"


@dataclass(frozen=True)
class Wanted:
    """All that is asked for, the most explicit first; each must be met."""

    statements: tuple[Statement, ...] = ()

    def allows(self, version: str) -> bool:
        """Say whether a version meets all."""
        return all(item.allows(version) for item in self.statements)

    def allows_minor(self, minor: str) -> bool:
        """Say whether some version of a minor one meets all."""
        return any(self.allows(f"{minor}.{patch}") for patch in range(_PATCHES))

    def __str__(self) -> str:
        """Say what decides."""
        return str(next(iter(self.statements), ""))


def wanted(manifest: Manifest, settings: Settings) -> Wanted:
    """Collect what is asked for: by a setting or a file for it, and by what the project needs.

    :raises PythonInvalid: a request has none of the known forms.
    :raises PythonForeign: it is for another Python than CPython, or for a variant of it.
    :raises FieldInvalid: requires-python is no version specifier, or Poetry's python none of its.
    """
    project = manifest.project
    explicit = {
        constants.PYTHON_VERSION: settings.python_version,
        constants.UV_PYTHON: settings.uv_python,
        constants.PYTHON_VERSION_FILE: project.python_version,
        constants.RUNTIME_TXT: project.runtime_txt,
    }
    first = [(where, text) for where, text in explicit.items() if text][:1]
    return Wanted((*(requested(where, text) for where, text in first), *_required(manifest)))


_IMPLEMENTATION = re.compile(r"(?:cpython|python|cp)[-@]?(?=[\d<>=!~])")
_PLATFORM = re.compile(r"-(?:linux|macos|windows)-.*")
_PARTS = re.compile(r"(\d)(?:\.(\d+))?(?:\.(\d+|\*))?")
_JOINED = re.compile(r"(3)(\d{1,2})")
_VARIANT = re.compile(r"[\d.]+(?:[td]|\+\w+)")
_FOREIGN = re.compile(
    r"(?:pypy|pp|graalpy|gp|pyodide|jython|ironpython|micropython|stackless|cinder|nogil|rustpython"
    r"|ana|mini)(?:conda|forge)?[\d.@-].*|pypy|graalpy|pyodide"
)


def requested(where: str, text: str) -> Statement:
    """Read a request, such as 3.12, 3.12.4, cpython@3.12 or >=3.12.

    :raises PythonInvalid: it has none of the known forms.
    :raises PythonForeign: it is for another Python than CPython, or for a variant of it.
    """
    bare = _PLATFORM.sub("", _IMPLEMENTATION.sub("", text.strip().lower(), count=1))
    if _FOREIGN.fullmatch(bare) or _VARIANT.fullmatch(bare):
        raise PythonForeign(where, text)
    if parts := _PARTS.fullmatch(bare) or _JOINED.fullmatch(bare):
        return Statement(where, text, (SpecifierSet(_exact(*parts.groups())),))
    try:
        return Statement(where, text, (SpecifierSet(bare if bare[:1] in set("<>=!~") else "?"),))
    except InvalidSpecifier as error:
        raise PythonInvalid(where, text, SERVED) from error


def _exact(major: str, minor: str | None = None, patch: str | None = None) -> str:
    stated = ".".join(part for part in (major, minor, patch) if part and part != "*")
    return f"=={stated}" if patch and patch != "*" else f"=={stated}.*"


def _required(manifest: Manifest) -> Iterable[Statement]:
    """Yield what the project itself needs: by pyproject.toml, and by what is installed from."""
    project = manifest.project
    if text := project.pyproject.project.get("requires-python"):
        yield _requires(project.pyproject_path, "project.requires-python", text)
    yield from _of_poetry(project)
    if text := manifest.requires_python:
        yield _requires(manifest.path, "requires-python", text)
    if version := manifest.python_version:
        yield requested(manifest.name, version)


def _requires(path: Path, field: str, text: object) -> Statement:
    try:
        specifier = SpecifierSet(text if isinstance(text, str) else "?")
    except InvalidSpecifier as error:
        raise FieldInvalid(path, field, str(text), "a version specifier") from error
    return Statement(f"requires-python of {path.name}", str(text), (specifier,))


def _of_poetry(project: Project) -> Iterable[Statement]:
    """Yield what Poetry's own table says: most projects of Poetry 1 have it there alone."""
    stated = project.pyproject.table("tool", "poetry", "dependencies")
    if (text := stated.get("python")) is None:
        return
    from function_buildpack.manifests import poetry_versions  # noqa: PLC0415 -- for few functions

    field = "tool.poetry.dependencies.python"
    try:
        specifiers = poetry_versions.specifiers(text if isinstance(text, str) else "?")
    except ValueError as error:
        path = project.pyproject_path
        raise FieldInvalid(path, field, str(text), "a version constraint such as ^3.12") from error
    yield Statement(f"{field} of {constants.PYPROJECT}", text, specifiers)


def newest(wish: Wanted, available: Sequence[str]) -> str:
    """Return the newest available version that meets all that is asked for.

    :raises PythonEnded: only versions that get no more fixes do.
    :raises PythonUnknown: no known version does.
    :raises PythonConflict: two statements exclude each other.
    """
    served = [version for version in available if minor(version) in SERVED]
    if fitting := [version for version in served if wish.allows(version)]:
        return max(fitting, key=Version)
    for item in wish.statements:
        if not _any_of(served, item):
            raise _none(item, served)
    first, *others = wish.statements
    excluding = (item for item in others if not _any_of(served, first, item))
    raise PythonConflict(str(first), str(next(excluding, others[-1])))


def _any_of(versions: Iterable[str], *items: Statement) -> bool:
    return any(Wanted(items).allows(version) for version in versions)


def _none(item: Statement, served: Sequence[str]) -> PythonEnded | PythonUnknown:
    """Say why no version meets a statement."""
    ended = [version for version in _ENDS if version not in SERVED]
    for version in reversed(ended):
        if _any_of((f"{version}.{patch}" for patch in range(_PATCHES)), item):
            return PythonEnded(str(item), version, _ENDS[version], SERVED)
    known = {minor(version): version for version in sorted(served, key=Version)}
    return PythonUnknown(str(item), tuple(known.values()))


def with_wheels(files: Iterable[str]) -> tuple[str, ...]:
    """Return the minor versions that are served and for which one of these wheels fits here.

    By the tags of their names (PEP 425).
    """
    tags = {tag for file in files for tag in parse_wheel_filename(unquote(file))[3]}
    return tuple(version for version in SERVED if not tags.isdisjoint(_tags(version)))


def _tags(version: str) -> Iterator[Tag]:
    python, platforms = tuple(map(int, version.split("."))), [*platform_tags()]
    yield from cpython_tags(python, platforms=platforms)
    yield from compatible_tags(python, f"cp{python[0]}{python[1]}", platforms)


def minor(version: str) -> str:
    """Return the minor version of a full one: 3.13 of 3.13.5."""
    return version.rpartition(".")[0]


def ended(version: str, today: str) -> str:
    """Return the month since which a version gets no more fixes; empty where it still does.

    `today` is a date as ISO 8601 has it.
    """
    month = _ENDS.get(minor(version), "")
    return month if month and today[: len(month)] > month else ""


def is_pinned(wish: Wanted, own: str) -> bool:
    """Say whether only the patch of what is asked for excludes the images' own version."""
    first = next(iter(wish.statements), Statement("", "", (SpecifierSet(),)))
    return not first.allows(own) and any(
        item.operator == "==" and minor(item.version) == minor(own)
        for specifier in first.specifiers
        for item in specifier
    )
