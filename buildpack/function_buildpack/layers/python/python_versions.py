"""Reads the function's requests for a Python, and chooses a version that matches. Pure.

A request has one of uv's forms for CPython ("Requesting a version" in its documentation). pyenv
writes the same files.
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

# The month of each version's end of life ("Status of Python versions" in the developer's guide,
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
# The runtime requires 3.11 (its pyproject.toml), and its locked packages have wheels up to 3.15.
SERVED = ("3.11", "3.12", "3.13", "3.14", "3.15")
# More patch releases than any version has had.
_PATCHES = 40


@dataclass(frozen=True)
class PythonRequest:
    """A request for a Python: where it is, its text, and specifiers, one of which must match."""

    where: str
    text: str
    specifiers: tuple[SpecifierSet, ...]

    def allows(self, version: str) -> bool:
        """Return whether a version matches."""
        return any(item.contains(version, prereleases=True) for item in self.specifiers)

    def __str__(self) -> str:
        """Describe it as the end of a sentence."""
        return f"{self.where} requests {self.text}"


@dataclass(frozen=True)
class PythonRequests:
    """All requests for a Python, the most explicit first. A version must match each."""

    all: tuple[PythonRequest, ...] = ()

    def allows(self, version: str) -> bool:
        """Return whether a version matches all requests."""
        return all(item.allows(version) for item in self.all)

    def allows_minor(self, minor: str) -> bool:
        """Return whether any patch release of a minor version matches all requests."""
        return any(self.allows(f"{minor}.{patch}") for patch in range(_PATCHES))

    def __str__(self) -> str:
        """Describe the most explicit request."""
        return str(next(iter(self.all), ""))


def requests_of(manifest: Manifest, settings: Settings) -> PythonRequests:
    """Collect the requests: the first setting or file for a Python, and the project's own ranges.

    :raises PythonInvalid: a request has none of the known forms.
    :raises PythonForeign: it is not for the default build of CPython.
    :raises FieldInvalid: requires-python or Poetry's python is not a version specifier.
    """
    project = manifest.project
    explicit = {
        constants.PYTHON_VERSION: settings.python_version,
        constants.UV_PYTHON: settings.uv_python,
        constants.PYTHON_VERSION_FILE: project.python_version,
        constants.RUNTIME_TXT: project.runtime_txt,
    }
    first = [(where, text) for where, text in explicit.items() if text][:1]
    return PythonRequests((*(parse(where, text) for where, text in first), *_required(manifest)))


_IMPLEMENTATION = re.compile(r"(?:cpython|python|cp)[-@]?(?=[\d<>=!~])")
_PLATFORM = re.compile(r"-(?:linux|macos|windows)-.*")
_PARTS = re.compile(r"(\d)(?:\.(\d+))?(?:\.(\d+|\*))?")
_JOINED = re.compile(r"(3)(\d{1,2})")
_VARIANT = re.compile(r"[\d.]+(?:[td]|\+\w+)")
_FOREIGN = re.compile(
    r"(?:pypy|pp|graalpy|gp|pyodide|jython|ironpython|micropython|stackless|cinder|nogil|rustpython"
    r"|ana|mini)(?:conda|forge)?[\d.@-].*|pypy|graalpy|pyodide"
)


def parse(where: str, text: str) -> PythonRequest:
    """Read a request, such as 3.12, 3.12.4, cpython@3.12 or >=3.12.

    :raises PythonInvalid: it has none of the known forms.
    :raises PythonForeign: it is not for the default build of CPython.
    """
    bare = _PLATFORM.sub("", _IMPLEMENTATION.sub("", text.strip().lower(), count=1))
    if _FOREIGN.fullmatch(bare) or _VARIANT.fullmatch(bare):
        raise PythonForeign(where, text)
    if parts := _PARTS.fullmatch(bare) or _JOINED.fullmatch(bare):
        return PythonRequest(where, text, (SpecifierSet(_exact(*parts.groups())),))
    try:
        return PythonRequest(
            where, text, (SpecifierSet(bare if bare[:1] in set("<>=!~") else "?"),)
        )
    except InvalidSpecifier as error:
        raise PythonInvalid(where, text, SERVED) from error


def _exact(major: str, minor: str | None = None, patch: str | None = None) -> str:
    version = ".".join(part for part in (major, minor, patch) if part and part != "*")
    return f"=={version}" if patch and patch != "*" else f"=={version}.*"


def _required(manifest: Manifest) -> Iterable[PythonRequest]:
    """Yield the requests of the project: of pyproject.toml, and of the manifest."""
    project = manifest.project
    if text := project.pyproject.project.get("requires-python"):
        yield _requires(project.pyproject_path, "project.requires-python", text)
    yield from _of_poetry(project)
    if text := manifest.requires_python:
        yield _requires(manifest.path, "requires-python", text)
    if version := manifest.python_version:
        yield parse(manifest.name, version)


def _requires(path: Path, field: str, text: object) -> PythonRequest:
    try:
        specifier = SpecifierSet(text if isinstance(text, str) else "?")
    except InvalidSpecifier as error:
        raise FieldInvalid(path, field, str(text), "a version specifier") from error
    return PythonRequest(f"requires-python of {path.name}", str(text), (specifier,))


def _of_poetry(project: Project) -> Iterable[PythonRequest]:
    """Yield the request in Poetry's table, where most projects of Poetry 1 have their only one."""
    dependencies = project.pyproject.table("tool", "poetry", "dependencies")
    if (text := dependencies.get("python")) is None:
        return
    from function_buildpack.manifests import poetry_versions  # noqa: PLC0415 -- for few functions

    field = "tool.poetry.dependencies.python"
    try:
        specifiers = poetry_versions.specifiers(
            text if isinstance(text, str) else "?", of_python=True
        )
    except ValueError as error:
        path = project.pyproject_path
        raise FieldInvalid(path, field, str(text), "a version constraint such as ^3.12") from error
    yield PythonRequest(f"{field} of {constants.PYPROJECT}", text, specifiers)


def newest(requests: PythonRequests, available: Sequence[str]) -> str:
    """Return the newest available version that matches all requests.

    :raises PythonEnded: only versions after their end of life match.
    :raises PythonUnknown: no known version matches.
    :raises PythonConflict: two requests conflict.
    """
    served = [version for version in available if minor(version) in SERVED]
    if fitting := [version for version in served if requests.allows(version)]:
        return max(fitting, key=Version)
    for item in requests.all:
        if not _any_of(served, item):
            raise _none(item, served)
    first, *others = requests.all
    excluding = (item for item in others if not _any_of(served, first, item))
    raise PythonConflict(str(first), str(next(excluding, others[-1])))


def _any_of(versions: Iterable[str], *items: PythonRequest) -> bool:
    return any(PythonRequests(items).allows(version) for version in versions)


def _none(item: PythonRequest, served: Sequence[str]) -> PythonEnded | PythonUnknown:
    """Return the error for a request that no version matches."""
    ended = [version for version in _ENDS if version not in SERVED]
    for version in reversed(ended):
        if _any_of((f"{version}.{patch}" for patch in range(_PATCHES)), item):
            return PythonEnded(str(item), version, _ENDS[version], SERVED)
    known = {minor(version): version for version in sorted(served, key=Version)}
    return PythonUnknown(str(item), tuple(known.values()))


def with_wheels(files: Iterable[str]) -> tuple[str, ...]:
    """Return the supported minor versions that can install one of these wheels on this machine.

    The tags in the files' names decide (PEP 425).
    """
    tags = {tag for file in files for tag in parse_wheel_filename(unquote(file))[3]}
    return tuple(version for version in SERVED if not tags.isdisjoint(_tags(version)))


def _tags(version: str) -> Iterator[Tag]:
    python, platforms = tuple(map(int, version.split("."))), [*platform_tags()]
    yield from cpython_tags(python, platforms=platforms)
    yield from compatible_tags(python, f"cp{python[0]}{python[1]}", platforms)


def minor(version: str) -> str:
    """Return the minor version of a full one: 3.13 for 3.13.5."""
    return version.rpartition(".")[0]


def ended(version: str, today: str) -> str:
    """Return the month of a version's end of life if that has passed, else an empty text.

    `today` is an ISO 8601 date.
    """
    month = _ENDS.get(minor(version), "")
    return month if month and today[: len(month)] > month else ""


def is_pinned(requests: PythonRequests, own: str) -> bool:
    """Return whether a request differs from the images' version only in the patch version."""
    first = next(iter(requests.all), PythonRequest("", "", (SpecifierSet(),)))
    return not first.allows(own) and any(
        item.operator == "==" and minor(item.version) == minor(own)
        for specifier in first.specifiers
        for item in specifier
    )
