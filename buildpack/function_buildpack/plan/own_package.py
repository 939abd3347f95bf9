"""Decides whether the function's project is a package, and whether its metadata are static. Pure.

Static metadata can be installed without the build backend. If the backend computes something,
generates a file or compiles an extension, only the backend can build the package.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from function_buildpack.manifests import requirement_lines
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.source.pyproject import table as table_in


@dataclass(frozen=True)
class OwnPackage:
    """What `pip install .` would install. `built_for` is the reason to run the build backend."""

    exists: bool = True
    built_for: str = ""

    @property
    def is_static(self) -> bool:
        """Whether pyproject.toml has all metadata, and nothing has to be built."""
        return self.exists and not self.built_for


NO_PACKAGE = OwnPackage(exists=False)


def of(project: Project) -> OwnPackage:
    """Return whether the project is a package, and how it has to be built."""
    pyproject = project.pyproject
    if pyproject.table("tool", "uv").get("package") is False:
        return NO_PACKAGE
    if pyproject.table("tool", "poetry").get("package-mode") is False:
        return NO_PACKAGE
    if pyproject.has_project:
        is_named = _is_named(pyproject.project)
        return OwnPackage(built_for=_built_for(project)) if is_named else NO_PACKAGE
    if pyproject.table("tool", "poetry"):
        return OwnPackage(built_for="its metadata is in [tool.poetry]")
    if project.setup or pyproject.has_build_system:
        place = project.setup or "its build backend"
        return OwnPackage(built_for=f"its metadata is in {place}")
    return NO_PACKAGE


def _is_named(table: Mapping[str, Any]) -> bool:
    """Return whether a project table has the required fields, a name and a version (PEP 621)."""
    has_version = isinstance(table.get("version"), str) or "version" in table.get("dynamic", ())
    return isinstance(table.get("name"), str) and has_version


@dataclass(frozen=True)
class _Backend:
    """A build backend's packages, and the table and files that it reads besides the project table.

    `harmless` are the keys of its table that only select files of the source.
    """

    packages: frozenset[str]
    table: tuple[str, ...]
    harmless: frozenset[str]
    files: tuple[str, ...] = ()


_SETUPTOOLS = "setuptools.build_meta"  # also the default (PEP 517)
# From each backend's documentation, November 2026.
_BACKENDS = {
    _SETUPTOOLS: _Backend(
        frozenset({"setuptools", "wheel"}),
        ("tool", "setuptools"),
        frozenset(
            {
                *("exclude-package-data", "include-package-data", "license-files", "package-data"),
                *("package-dir", "packages", "platforms", "py-modules", "zip-safe"),
            }
        ),
    ),
    "hatchling.build": _Backend(
        frozenset({"hatchling"}),
        ("tool", "hatch", "build"),
        frozenset(
            {
                *("artifacts", "exclude", "ignore-vcs", "include", "only-include", "packages"),
                "targets",
            }
        ),
        ("hatch.toml",),
    ),
    "flit_core.buildapi": _Backend(
        frozenset({"flit-core"}), ("tool", "flit"), frozenset({"module", "sdist"})
    ),
    "poetry.core.masonry.api": _Backend(
        frozenset({"poetry-core"}),
        ("tool", "poetry"),
        frozenset(
            {
                *("authors", "classifiers", "dependencies", "description", "dev-dependencies"),
                *("documentation", "exclude", "extras", "group", "homepage", "include"),
                *("keywords", "license", "maintainers", "name", "package-mode", "packages"),
                *("readme", "repository", "requires-plugins", "requires-poetry", "source"),
                *("urls", "version"),
            }
        ),
    ),
    "pdm.backend": _Backend(
        frozenset({"pdm-backend"}),
        ("tool", "pdm", "build"),
        frozenset({"editable-backend", "excludes", "includes", "package-dir", "source-includes"}),
        ("pdm_build.py",),
    ),
    "uv_build": _Backend(
        frozenset({"uv-build"}),
        ("tool", "uv", "build-backend"),
        frozenset(
            {
                *("default-excludes", "module-name", "module-root", "namespace"),
                *("source-exclude", "source-include", "wheel-exclude"),
            }
        ),
    ),
}


def _built_for(project: Project) -> str:
    """Return why a project with a project table needs its build backend. Empty if it does not."""
    pyproject = project.pyproject
    if dynamic := pyproject.dynamic:
        return f"project.dynamic has {', '.join(dynamic)}"
    system = pyproject.build_system
    name = system.get("build-backend", _SETUPTOOLS)
    backend = _BACKENDS.get(name)
    if backend is None or "backend-path" in system:
        return f"its build backend is {name}"
    required = requirement_lines.names(map(str, _listed(system.get("requires"))))
    if others := required - backend.packages:
        return f"build-system.requires has {', '.join(sorted(others))}"
    if name == _SETUPTOOLS and project.setup:
        return f"there is a {project.setup}"
    if files := [file for file in backend.files if (project.folder / file).is_file()]:
        return f"there is a {files[0]}"
    return _configured(backend, pyproject, _root(project))


def _root(project: Project) -> str:
    """Return the folder on the import path, relative to the function's: "." or "src"."""
    return project.package.parent.relative_to(project.folder).as_posix()


def _configured(backend: _Backend, pyproject: Pyproject, root: str) -> str:
    """Return the settings of a backend that do more than select files of the source."""
    table = pyproject.table(*backend.table)
    wheel = table_in(table, "targets", "wheel")
    name = f"[{'.'.join(backend.table)}]"
    if settings := sorted((table.keys() | wheel.keys()) - backend.harmless):
        return f"{name} has {', '.join(settings)}"
    if elsewhere := sorted({*_places(table), *_places(wheel)} - {root}):
        return f"{name} has packages in {', '.join(elsewhere)}"
    return ""


def _places(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the folders with packages in a backend's settings."""
    found = table.get("package-dir")
    yield from map(_place, found.values() if isinstance(found, Mapping) else _listed(found))
    yield from map(_place, _listed(table_in(table, "packages", "find").get("where")))
    for package in _listed(table.get("packages")):
        if isinstance(package, Mapping):  # Poetry's
            yield _place(package.get("from", "."))
        elif "/" in str(package):  # hatchling's; setuptools has names with dots
            yield PurePosixPath(package).parent.as_posix()


def _listed(value: object) -> Iterable[Any]:
    return [value] if isinstance(value, str) else value if isinstance(value, list) else ()


def _place(folder: object) -> str:
    return PurePosixPath(str(folder)).as_posix()
