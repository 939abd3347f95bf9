"""The interface of files that declare dependencies. Each format has one module in this folder.

A new format is a module with a subclass of Manifest, and a line in registry.py.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import filterfalse
from pathlib import Path
from typing import Any, ClassVar

from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.log.errors.dependencies import LockUnsupported, SelectionUnknown
from function_buildpack.manifests import requirement_lines
from function_buildpack.source import schema
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.source.schema import Kind
from function_buildpack.source.settings import Selection
from function_buildpack.uv.client import Uv


@dataclass(frozen=True)
class SelectionChoices:
    """The extras and groups of a manifest. Extras are None if only a build backend knows them."""

    extras: frozenset[str] | None = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Installation:
    """A request to install a manifest into an environment, `venv`. `app` is the source."""

    venv: Path
    app: Path
    uv: Uv
    selection: Selection
    # The packages of a lock that uv does not read, as lines of a requirements file.
    locked: tuple[str, ...] = ()
    # Requirements that limit versions without installing a package.
    constraints: tuple[str, ...] = ()

    @property
    def options(self) -> list[str | Path]:
        """The options that name the environment."""
        return ["--python", self.venv / "bin" / "python"]


@dataclass(frozen=True)
class Manifest:
    """A file that declares dependencies, and how they are installed.

    `content` is the parsed file. No other module reads it.
    """

    project: Project
    content: Mapping[str, Any] = field(default_factory=dict)

    # The file's name, and the name of the file in which an author declares a package.
    name: ClassVar[str]
    declared_in: ClassVar[str]
    # Whether it pins the version of each package.
    is_lock: ClassVar[bool] = False
    # The command that creates the lock. An outdated lock is an error with this command.
    command: ClassVar[str] = ""
    # The tool that installs from it on an author's machine.
    tool: ClassVar[str] = "uv"
    # The schema of its content.
    shape: ClassVar[Kind] = object
    # How `declared_in` declares a package in a folder. {0} is its name, {1} the path.
    local_package: ClassVar[str] = "{1}"
    # Whether the build may limit a version that the author has not limited.
    takes_constraints: ClassVar[bool] = False

    @property
    def path(self) -> Path:
        """The file's path."""
        return self.project.folder / self.name

    def check(self, python_version: str) -> None:
        """Check that it can be read, and that a lock matches the file that it was made from.

        :raises LockOutdated: it does not match.
        :raises LockUnsupported: its format is not supported, or a value has a wrong type.
        :raises LockMissing: the dependencies can be installed only from a lock, and there is none.
        """
        del python_version
        # These formats have no published schema, and a merge can break such a file.
        for mismatch in schema.mismatches(self.content, self.shape):
            found = f"{mismatch.path} is {mismatch.found}, but must be {mismatch.expected}"
            raise LockUnsupported(self.path, found, self.command)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Convert errors of parsing a lock's values into LockUnsupported.

        :raises LockUnsupported: a value is missing, or is not a version, marker or address.
        """
        try:
            yield
        except (KeyError, ValueError) as error:
            if not self.is_lock:
                raise
            said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            found = " ".join(said.split())  # packaging marks the place in a separate line
            raise LockUnsupported(self.path, found, self.command) from error

    @property
    def selectable(self) -> SelectionChoices:
        """The extras and groups that can be selected."""
        return SelectionChoices()

    def check_selection(self, selection: Selection) -> None:
        """Check that the selected extras and groups exist.

        :raises LockMissing: a group is Poetry's, and there is no lock.
        :raises SelectionUnknown: an extra or group does not exist.
        """
        there = self.selectable
        for variable, wanted, having in (
            (constants.FUNCTION_EXTRAS, selection.extras, there.extras),
            (constants.FUNCTION_GROUPS, selection.groups, there.groups),
        ):
            if having is not None and (unknown := sorted(wanted - having)):
                known = tuple(sorted(having))
                raise SelectionUnknown(variable, ", ".join(unknown), self.path, known)

    @property
    def default_groups(self) -> frozenset[str]:
        """The groups that `tool` installs by default. This build does not."""
        return frozenset()

    def skipped_groups(self, selection: Selection) -> tuple[str, ...]:
        """Return the default groups that are not selected, except those for development."""
        return tuple(
            sorted(filterfalse(is_for_development, self.default_groups - selection.groups))
        )

    def locked(self, selection: Selection, python_version: str) -> tuple[str, ...]:
        """Return the packages of a lock that uv does not read, as lines of a requirements file."""
        del selection, python_version
        return ()

    def requirements(self, locked: Iterable[str]) -> Iterable[str]:
        """Return the requirements that are installed, as far as they are known."""
        return (line.partition(" --hash")[0] for line in locked)

    @property
    def is_pinned(self) -> bool:
        """Whether an installation ignores new versions in the index."""
        return self.is_lock

    @property
    def requires_python(self) -> object:
        """The range of Python versions that it supports. Empty if it has none."""
        return ""

    @property
    def python_version(self) -> str:
        """The Python version that it requests. Empty if it has none."""
        return ""

    @property
    def indexes(self) -> Mapping[str, str]:
        """Its package indexes: name → URL."""
        return {}

    @property
    def artifacts(self) -> Artifacts:
        """The files of its packages, with their hashes."""
        return Artifacts()

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return the files and folders of the source that decide what is installed.

        :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
        """
        del around
        return set()

    def runs_backend(self, around: ReferenceResolver, named: set[Path]) -> bool:
        """Return whether a build backend computes the function's dependencies.

        `named` are its local inputs.
        """
        del around, named
        return False

    def install(self, wanted: Installation) -> None:
        """Install the dependencies.

        :raises BuildpackError: see uv/install_failures.py.
        """
        raise NotImplementedError

    def declaration_of(self, name: str, path: str) -> str:
        """Return how `declared_in` declares the package in a folder of the source.

        `path` is relative to the function's folder.
        """
        return self.local_package.format(name, path if path.startswith(".") else f"./{path}")

    def settings_for(self, package: str) -> tuple[str, ...]:
        """Return the settings that would install a package, as NAME=VALUE.

        They select the extras and groups of pyproject.toml that require it.
        """
        declared, there = self.project.pyproject, self.selectable
        of_poetry = {
            name: group.get("dependencies", {})
            for name, group in declared.table("tool", "poetry", "group").items()
        }
        extras, groups = declared.extras, {**declared.groups, **of_poetry}
        return (
            *_settings_with(
                package, constants.FUNCTION_EXTRAS, extras, there.extras or frozenset()
            ),
            *_settings_with(package, constants.FUNCTION_GROUPS, groups, there.groups),
        )


def _settings_with(
    package: str, setting: str, lists: Mapping[str, Iterable[Any]], there: frozenset[str]
) -> Iterator[str]:
    wanted = canonicalize_name(package)
    for name, declared in sorted(lists.items()):
        texts = [text for text in declared if isinstance(text, str)]  # not tables (PEP 735)
        found = requirement_lines.names(texts)
        if wanted in found and canonicalize_name(name) in there:
            yield f"{setting}={canonicalize_name(name)}"


# Words in the names of groups for development.
_FOR_DEVELOPMENT = re.compile(
    r"\b(dev|devel|develop|development|local|tests?|testing|docs?|documentation|lint|linting|format"
    r"|formatting|typing|types|mypy|checks?|ci|build|release|examples?|bench(mark)?s?)\b"
)


def is_for_development(name: str) -> bool:
    """Return whether a list or group is for development, by its name."""
    return bool(_FOR_DEVELOPMENT.search(re.sub(r"[_.]", " ", name.lower())))


# Packages for tests and checks. Functions rarely import them at run time.
_FOR_TESTS = frozenset(
    {"black", "coverage", "flake8", "mypy", "nox", "pylint", "pyright", "pytest", "ruff", "tox"}
)


def for_tests(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return the packages among the requirements that are for tests and checks."""
    found = requirement_lines.names(requirements)
    return tuple(sorted(name for name in found if name in _FOR_TESTS or name.startswith("pytest-")))
