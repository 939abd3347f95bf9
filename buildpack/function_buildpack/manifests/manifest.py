"""What the build asks a file that declares dependencies. One module here for each format.

A new format is a module with a class that derives from Manifest, and a line in registry.py.
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
from function_buildpack.source.local_packages import Surroundings
from function_buildpack.source.project import Project
from function_buildpack.source.schema import Kind
from function_buildpack.source.settings import Selection
from function_buildpack.uv.client import Uv


@dataclass(frozen=True)
class Selectable:
    """The extras and groups of a manifest; extras are None where only a build backend knows."""

    extras: frozenset[str] | None = frozenset()
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Installation:
    """What is wanted of a manifest, and where: `venv` is the environment, `app` the source."""

    venv: Path
    app: Path
    uv: Uv
    selection: Selection
    # Of a lock that uv does not read, the packages as lines of a requirements file.
    locked: tuple[str, ...] = ()
    # Requirements that limit versions without asking for a package.
    constraints: tuple[str, ...] = ()

    @property
    def options(self) -> list[str | Path]:
        """The options that name the environment."""
        return ["--python", self.venv / "bin" / "python"]


@dataclass(frozen=True)
class Manifest:
    """A file that declares dependencies, and how what it declares is installed.

    `content` is the file's, parsed. No other module sees it.
    """

    project: Project
    content: Mapping[str, Any] = field(default_factory=dict)

    # The file's name, and the name of the file in which its author asks for a package.
    name: ClassVar[str]
    asked_in: ClassVar[str]
    # Whether it has one version of each package.
    is_lock: ClassVar[bool] = False
    # The command that makes a lock; a lock that does not fit is an error with that command.
    command: ClassVar[str] = ""
    # The tool that installs from it on an author's machine.
    tool: ClassVar[str] = "uv"
    # The kinds of its values.
    shape: ClassVar[Kind] = object
    # What an author writes into `asked_in` for a package in a folder; {0} is its name, {1} the
    # path.
    local_package: ClassVar[str] = "{1}"
    # Whether the build may limit a version that the author has left open.
    takes_constraints: ClassVar[bool] = False

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.project.folder / self.name

    def check(self, python_version: str) -> None:
        """Check that it can be read, and that a lock still matches what it was made from.

        :raises LockOutdated: it does not.
        :raises LockUnsupported: that cannot be known, or a value is of another kind.
        :raises LockMissing: what is declared can only be installed from a lock, and there is none.
        """
        del python_version
        # None of these formats has a schema, and a merge leaves anything in such a file.
        for misfit in schema.misfits(self.content, self.shape):
            found = f"{misfit.path}: {misfit.found}, and not {misfit.expected}"
            raise LockUnsupported(self.path, found, self.command)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Convert the errors of reading a lock's texts into LockUnsupported.

        :raises LockUnsupported: one is missing, or is no version, marker or address.
        """
        try:
            yield
        except (KeyError, ValueError) as error:
            if not self.is_lock:
                raise
            said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            found = " ".join(said.split())  # packaging points at the place, in a line of its own
            raise LockUnsupported(self.path, found, self.command) from error

    @property
    def selectable(self) -> Selectable:
        """The extras and groups that can be selected."""
        return Selectable()

    def check_selection(self, selection: Selection) -> None:
        """Check that what is selected is there.

        :raises LockMissing: Poetry has such a group, and there is no lock of it.
        :raises SelectionUnknown: there is no such extra or group.
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
        """The groups that `tool` installs if nothing is selected, which this build does not."""
        return frozenset()

    def skipped_groups(self, selection: Selection) -> tuple[str, ...]:
        """Return the default groups that nobody selected, but those for development."""
        return tuple(
            sorted(filterfalse(is_for_development, self.default_groups - selection.groups))
        )

    def locked(self, selection: Selection, python_version: str) -> tuple[str, ...]:
        """Return the packages of a lock that uv cannot read, as lines of a requirements file."""
        del selection, python_version
        return ()

    def requirements(self, locked: Iterable[str]) -> Iterable[str]:
        """Return the requirements that are installed, as far as their texts are known."""
        return (line.partition(" --hash")[0] for line in locked)

    @property
    def is_pinned(self) -> bool:
        """Whether a new version in an index would not be installed."""
        return self.is_lock

    @property
    def requires_python(self) -> object:
        """The range of Python versions that it is for; empty if it has none."""
        return ""

    @property
    def python_version(self) -> str:
        """The one Python version that it is for; empty if it names none."""
        return ""

    @property
    def indexes(self) -> Mapping[str, str]:
        """The package indexes that it names: name → URL."""
        return {}

    @property
    def artifacts(self) -> Artifacts:
        """The files that it names, with their hashes."""
        return Artifacts()

    def local_inputs(self, around: Surroundings) -> set[Path]:
        """Return the files and folders of the source that decide what is installed.

        :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
        """
        del around
        return set()

    def asks_backend(self, around: Surroundings, named: set[Path]) -> bool:
        """Say whether a build backend is asked for the function's own dependencies.

        `named` are its local inputs.
        """
        del around, named
        return False

    def install(self, wanted: Installation) -> None:
        """Install what is wanted of it.

        :raises BuildpackError: see uv/install_failures.py.
        """
        raise NotImplementedError

    def asking_for(self, name: str, path: str) -> str:
        """Return what an author writes into `asked_in` for the package in a folder of the source.

        `path` is relative to the function's folder.
        """
        return self.local_package.format(name, path if path.startswith(".") else f"./{path}")

    def selecting(self, package: str) -> tuple[str, ...]:
        """Return the settings, each with its value, that would install a package: NAME=VALUE.

        They are for the extras and groups of pyproject.toml that ask for it by its name.
        """
        declared, there = self.project.pyproject, self.selectable
        of_poetry = {
            name: group.get("dependencies", {})
            for name, group in declared.table("tool", "poetry", "group").items()
        }
        extras, groups = declared.extras, {**declared.groups, **of_poetry}
        return (
            *_asking(package, constants.FUNCTION_EXTRAS, extras, there.extras or frozenset()),
            *_asking(package, constants.FUNCTION_GROUPS, groups, there.groups),
        )


def _asking(
    package: str, setting: str, lists: Mapping[str, Iterable[Any]], there: frozenset[str]
) -> Iterator[str]:
    wanted = canonicalize_name(package)
    for name, declared in sorted(lists.items()):
        texts = [text for text in declared if isinstance(text, str)]  # others include a group
        found = requirement_lines.names(texts)
        if wanted in found and canonicalize_name(name) in there:
            yield f"{setting}={canonicalize_name(name)}"


# What such groups are called, in the words of their names. The image gets none of them by itself.
_FOR_DEVELOPMENT = re.compile(
    r"\b(dev|devel|develop|development|local|tests?|testing|docs?|documentation|lint|linting|format"
    r"|formatting|typing|types|mypy|checks?|ci|build|release|examples?|bench(mark)?s?)\b"
)


def is_for_development(name: str) -> bool:
    """Say whether a list or group of packages is for work on the function, by its name."""
    return bool(_FOR_DEVELOPMENT.search(re.sub(r"[_.]", " ", name.lower())))


# What tests and checks run with. A function that imports one of them at run time is rare.
_FOR_TESTS = frozenset(
    {"black", "coverage", "flake8", "mypy", "nox", "pylint", "pyright", "pytest", "ruff", "tox"}
)


def for_tests(requirements: Iterable[str]) -> tuple[str, ...]:
    """Return the packages for tests and checks among requirements."""
    found = requirement_lines.names(requirements)
    return tuple(sorted(name for name in found if name in _FOR_TESTS or name.startswith("pytest-")))
