"""What can be wrong with dependencies, locks and what is selected of them."""

from dataclasses import dataclass
from pathlib import Path

from function_buildpack.log.errors import BuildpackError


@dataclass(eq=False)
class RequirementsUnsolvable(BuildpackError):
    """No set of versions meets the requirements of `path`.

    `without_index` is the setting because of which no index was asked, if there is one. Then
    `wheels` is the source's folder of wheels, if that was searched, and `links` are the places that
    PIP_FIND_LINKS or UV_FIND_LINKS names. `indexes` are the addresses of those that the project
    names.
    """

    path: Path
    explanation: str
    without_index: str = ""
    wheels: str = ""
    links: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()


@dataclass(eq=False)
class LockOutdated(BuildpackError):
    """The lock was made from other requirements than those of the project.

    `found` says which, where that is known; `command` makes the lock anew. `unstated` is the
    lock's requires-python, where the project has none and the tool took that of its own Python.
    """

    lock: Path
    project: Path
    command: str
    found: str = ""
    unstated: str = ""


@dataclass(eq=False)
class LockUnsupported(BuildpackError):
    """The lock is of a format that the build does not read; `command` makes it anew."""

    lock: Path
    found: str
    command: str


@dataclass(eq=False)
class LockMissing(BuildpackError):
    """A file states dependencies that are only installed from its lock, and it has none.

    `groups` are those of them that are asked for, if only they need it.
    """

    path: Path
    lock: str
    command: str
    groups: tuple[str, ...] = ()


@dataclass(eq=False)
class SelectionUnknown(BuildpackError):
    """The variable `name` asks for an extra or a group that `path` does not have.

    `known` are those that it has; None where only its build backend knows.
    """

    name: str
    found: str
    path: Path
    known: tuple[str, ...] | None


@dataclass(eq=False)
class SelectionConflict(BuildpackError):
    """The settings, NAME=VALUE, ask for extras or groups of `path` that exclude each other."""

    settings: tuple[str, ...]
    path: Path
    explanation: str
    command: str


@dataclass(eq=False)
class HashMismatch(BuildpackError):
    """A file has another hash than `path` says; the explanation names the package and both."""

    path: Path
    explanation: str


@dataclass(eq=False)
class InstallFailed(BuildpackError):
    """The installer ended with `status`, below zero by that signal; the explanation is its own.

    `command` does the same elsewhere; `missing` is a path that the requirements lead to and that
    is not there.
    """

    what: str
    status: int
    command: str
    explanation: str = ""
    missing: str = ""


@dataclass(eq=False)
class RuntimeConflict(BuildpackError):
    """The function's dependencies hold `found` of a package, the runtime needs `needed`."""

    package: str
    found: str
    needed: str
