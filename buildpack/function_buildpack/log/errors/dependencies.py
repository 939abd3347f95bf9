"""Errors of dependencies, locks and selections."""

from dataclasses import dataclass
from pathlib import Path

from function_buildpack.log.errors import BuildpackError


@dataclass(eq=False)
class RequirementsUnsolvable(BuildpackError):
    """No set of versions matches the requirements of `path`.

    `without_index` is the setting that excludes indexes, if there is one. Then `wheels` is the
    searched folder of wheels in the source, and `links` are the locations in PIP_FIND_LINKS or
    UV_FIND_LINKS. `indexes` are the addresses of the project's indexes.
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

    `found` names them, if they are known. `command` locks again. `missing_requires_python` is the
    lock's requires-python if the project has none and the tool used its own Python's.
    """

    lock: Path
    project: Path
    command: str
    found: str = ""
    missing_requires_python: str = ""


@dataclass(eq=False)
class LockUnsupported(BuildpackError):
    """The lock has an unsupported format. `command` locks again."""

    lock: Path
    found: str
    command: str


@dataclass(eq=False)
class LockMissing(BuildpackError):
    """A file declares dependencies that can be installed only from a lock, and there is none.

    `groups` are the selected groups, if only these require the lock.
    """

    path: Path
    lock: str
    command: str
    groups: tuple[str, ...] = ()


@dataclass(eq=False)
class SelectionUnknown(BuildpackError):
    """The variable `name` selects an extra or a group that `path` does not have.

    `known` are its extras or groups. None if only a build backend knows them.
    """

    name: str
    found: str
    path: Path
    known: tuple[str, ...] | None


@dataclass(eq=False)
class SelectionConflict(BuildpackError):
    """The settings, NAME=VALUE, select extras or groups of `path` that conflict."""

    settings: tuple[str, ...]
    path: Path
    explanation: str
    command: str


@dataclass(eq=False)
class HashMismatch(BuildpackError):
    """A file does not match its hash in `path`. The explanation has the package and both hashes."""

    path: Path
    explanation: str


@dataclass(eq=False)
class InstallFailed(BuildpackError):
    """The installer failed with `status`, which is negative for a signal.

    `explanation` is its output. `command` does the same on another machine. `missing` is a path in
    the requirements that does not exist.
    """

    what: str
    status: int
    command: str
    explanation: str = ""
    missing: str = ""


@dataclass(eq=False)
class RuntimeConflict(BuildpackError):
    """The function's dependencies have version `found` of a package, the runtime needs `needed`."""

    package: str
    found: str
    needed: str
