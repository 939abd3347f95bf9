"""Decides which file states the dependencies, whether it still fits, and what of it is wanted."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from itertools import filterfalse
from pathlib import Path
from typing import Any

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.log.errors.dependencies import (
    LockMissing,
    LockOutdated,
    LockUnsupported,
    SelectionUnknown,
)
from function_buildpack.manifests import pipfile_lock, poetry1_lock, poetry_lock, pylock, uv_lock
from function_buildpack.source import schema
from function_buildpack.source.project import Project
from function_buildpack.source.settings import Selection


class Source(Enum):
    """What states the dependencies, best first: a lock, a list of versions, a list of ranges."""

    UV_LOCK = constants.UV_LOCK
    PYLOCK = constants.PYLOCK
    POETRY_LOCK = constants.POETRY_LOCK
    PIPFILE_LOCK = constants.PIPFILE_LOCK
    REQUIREMENTS = constants.REQUIREMENTS
    PYPROJECT = constants.PYPROJECT
    SETUP_PY = constants.SETUP_PY
    SETUP_CFG = constants.SETUP_CFG
    NOTHING = ""


# They have one version of each package.
LOCKS = frozenset({Source.UV_LOCK, Source.PYLOCK, Source.POETRY_LOCK, Source.PIPFILE_LOCK})

# What makes a lock anew. uv's own export to pylock.toml is with the dev group.
_COMMANDS = {
    Source.UV_LOCK: "uv lock",
    Source.PYLOCK: f"uv export --no-dev --no-emit-project -o {constants.PYLOCK}",
    Source.POETRY_LOCK: "poetry lock",
    Source.PIPFILE_LOCK: "pipenv lock",
}


def present(project: Project) -> tuple[Source, ...]:
    """Return what states dependencies, best first, and NOTHING at the end."""
    found = {
        Source.UV_LOCK: project.is_locked and project.has_pyproject,
        Source.PYLOCK: constants.PYLOCK in project.locks,
        Source.POETRY_LOCK: constants.POETRY_LOCK in project.locks and project.has_pyproject,
        Source.PIPFILE_LOCK: constants.PIPFILE_LOCK in project.locks,
        Source.REQUIREMENTS: project.has_requirements,
        Source.PYPROJECT: _states_dependencies(project.pyproject),
        Source.SETUP_PY: project.setup == constants.SETUP_PY,
        Source.SETUP_CFG: project.setup == constants.SETUP_CFG,
    }
    return (*(source for source, there in found.items() if there), Source.NOTHING)


_UNREAD = {
    constants.PDM_LOCK: f"pdm export -f pylock -o {constants.PYLOCK} makes a lock that is",
    **dict.fromkeys(
        constants.CONDA_FILES, "conda's packages are others than those of a Python index"
    ),
    constants.TOOL_VERSIONS: (
        f"{constants.PYTHON_VERSION_FILE} or {constants.PYTHON_VERSION} asks for a Python"
    ),
    constants.PROCFILE: "the image starts the runtime, which serves the function",
    constants.APTFILE: "a build installs no Debian packages",
    constants.DOCKERFILE: "the build makes the image",
}
_OTHER_PYLOCK = f"only {constants.PYLOCK} is. Give it that name, or lock into that file"


def unread(project: Project, source: Source) -> dict[str, str]:
    """Return the files that seem to state something and are not read, each with the reason."""
    found = {name: _UNREAD.get(name, _OTHER_PYLOCK) for name in project.unread}
    if not project.has_pyproject:
        locks = {
            constants.UV_LOCK: project.is_locked,
            constants.POETRY_LOCK: constants.POETRY_LOCK in project.locks,
        }
        found |= {
            name: f"there is no {constants.PYPROJECT}" for name, there in locks.items() if there
        }
    if constants.PIPFILE in project.locks and constants.PIPFILE_LOCK not in project.locks:
        found[constants.PIPFILE] = (
            f"there is no {constants.PIPFILE_LOCK}, and {source.value} is there"
        )
    for name in filterfalse(is_for_development, project.other_requirements):
        found[name] = f"-r {name} in {constants.REQUIREMENTS} would have it read"
    return found


def _states_dependencies(pyproject: Mapping[str, Any]) -> bool:
    # Without a project table the build backend may still know dependencies (Poetry 1, setuptools).
    table = pyproject.get("project", {})
    return (
        "dependencies" in table
        or "dependencies" in table.get("dynamic", ())
        or (not table and "build-system" in pyproject)
    )


def location(project: Project, source: Source) -> Path:
    """Return the file that states the dependencies; the function's folder if none does."""
    return project.lock_path if source is Source.UV_LOCK else project.folder / source.value


def check(project: Project, source: Source, python_version: str) -> None:
    """See that a lock still fits what it was made from; of uv.lock that is left to uv.

    :raises LockOutdated: it does not.
    :raises LockUnsupported: that cannot be told, or a value is of another kind.
    :raises LockMissing: nothing states dependencies but a Pipfile, or what Poetry alone can read.
    """
    _check_kinds(project, source)
    match source:
        case Source.PYLOCK:
            _check_pylock(project, python_version)
        case Source.POETRY_LOCK:
            _check_poetry(project)
        case Source.PIPFILE_LOCK:
            _check_pipenv(project)
        case Source.NOTHING if constants.PIPFILE in project.locks:
            path = project.folder / constants.PIPFILE
            raise LockMissing(path, constants.PIPFILE_LOCK, _COMMANDS[Source.PIPFILE_LOCK])
        case Source.NOTHING | Source.PYPROJECT if _is_for_poetry_alone(project.pyproject):
            command = _COMMANDS[Source.POETRY_LOCK]
            raise LockMissing(project.pyproject_path, constants.POETRY_LOCK, command)
        case _:
            pass


_KINDS = {
    Source.UV_LOCK: uv_lock.KIND,
    Source.PYLOCK: pylock.KIND,
    Source.POETRY_LOCK: poetry_lock.KIND,
    Source.PIPFILE_LOCK: pipfile_lock.KIND,
}


def _check_kinds(project: Project, source: Source) -> None:
    """See that the values of a lock are of the kinds that its tool writes.

    None of these formats has a schema, and a merge leaves anything in such a file.
    """
    for misfit in schema.misfits(project.locks.get(source.value, {}), _KINDS.get(source, object)):
        found = f"{misfit.path}: {misfit.found}, and not {misfit.expected}"
        raise LockUnsupported(location(project, source), found, _COMMANDS[source])


def _is_for_poetry_alone(pyproject: Mapping[str, Any]) -> bool:
    """Say whether dependencies are in Poetry's table, and its backend would not tell them.

    Beside a project table it only tells them where that says that they are dynamic: elsewhere
    Poetry's table says where the lock has the project's dependencies from (a folder, an index).
    """
    table, stated = pyproject.get("project", {}), pyproject.get("tool", {}).get("poetry", {})
    backend = pyproject.get("build-system", {}).get("build-backend", "poetry")
    is_package = stated.get("package-mode", True) and "build-system" in pyproject
    is_told = is_package and (not table or "dependencies" in table.get("dynamic", ()))
    others = stated.get("dependencies", {}).keys() - {"python"}
    return bool(others) and backend.startswith("poetry") and not is_told


def _check_pylock(project: Project, python_version: str) -> None:
    stated = requirements(project.pyproject.get("project", {}).get("dependencies", ()))
    unmet = pylock.unmet(project.locks[constants.PYLOCK], stated, environment(python_version))
    if unmet:
        found = "not locked: " + ", ".join(unmet)
        lock, command = project.folder / constants.PYLOCK, _COMMANDS[Source.PYLOCK]
        raise LockOutdated(lock, project.pyproject_path, command, found)


def _check_poetry(project: Project) -> None:
    path, lock = project.folder / constants.POETRY_LOCK, project.locks[constants.POETRY_LOCK]
    if not poetry_lock.is_readable(lock):
        raise LockUnsupported(path, _unreadable(lock), _COMMANDS[Source.POETRY_LOCK])
    if not poetry_lock.is_current(lock, project.pyproject):
        raise LockOutdated(path, project.pyproject_path, _COMMANDS[Source.POETRY_LOCK])


def _unreadable(lock: Mapping[str, Any]) -> str:
    version = poetry_lock.version(lock)
    if version == poetry_lock.OF_POETRY_2:
        return f"the package {poetry_lock.without_groups(lock)[0]} has no groups"
    stated = f'lock-version = "{version}"' if version else "no lock-version"
    return f'{stated}; Poetry 1.5 to 1.8 write "2.0", Poetry 2 writes "2.1"'


def _check_pipenv(project: Project) -> None:
    pipfile = project.locks.get(constants.PIPFILE)
    if pipfile is not None and not pipfile_lock.is_current(
        project.locks[constants.PIPFILE_LOCK], pipfile
    ):
        lock, made_from = (
            project.folder / constants.PIPFILE_LOCK,
            project.folder / constants.PIPFILE,
        )
        raise LockOutdated(lock, made_from, _COMMANDS[Source.PIPFILE_LOCK])


@contextmanager
def read_as_lock(project: Project, source: Source) -> Iterator[None]:
    """Take what goes wrong with the texts of a lock as a fault of the lock.

    :raises LockUnsupported: one is missing, or is no version, marker or address.
    """
    try:
        yield
    except (KeyError, ValueError) as error:
        if source not in _COMMANDS:
            raise
        said = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        found = " ".join(said.split())  # packaging points at the place, in a line of its own
        raise LockUnsupported(location(project, source), found, _COMMANDS[source]) from error


@dataclass(frozen=True)
class Known:
    """The extras and groups that a source has; extras are None where only a backend knows them."""

    extras: frozenset[str] | None
    groups: frozenset[str]


def known(project: Project, source: Source) -> Known:
    """Return what can be selected of a source."""
    match source:
        case Source.PYLOCK:
            lock = project.locks[constants.PYLOCK]
            return Known(pylock.extras(lock), pylock.groups(lock))
        case Source.POETRY_LOCK:
            lock = project.locks[constants.POETRY_LOCK]
            return Known(poetry_lock.extras(lock), poetry_lock.groups(lock, project.pyproject))
        case Source.PIPFILE_LOCK:
            return Known(frozenset(), pipfile_lock.groups(project.locks[constants.PIPFILE_LOCK]))
        case Source.UV_LOCK | Source.PYPROJECT:
            return _known_to_pyproject(project.pyproject)
        case Source.SETUP_PY | Source.SETUP_CFG:
            return Known(None, frozenset())
        case Source.REQUIREMENTS | Source.NOTHING:
            return Known(frozenset(), frozenset())


def _known_to_pyproject(pyproject: Mapping[str, Any]) -> Known:
    table = pyproject.get("project", {})
    groups = set(pyproject.get("dependency-groups", {}))
    if "dev-dependencies" in pyproject.get("tool", {}).get("uv", {}):
        groups.add("dev")
    is_dynamic = not table or "optional-dependencies" in table.get("dynamic", ())
    return Known(
        None if is_dynamic else _normalized(table.get("optional-dependencies", ())),
        _normalized(groups),
    )


def _normalized(found: Iterable[str]) -> frozenset[str]:
    return frozenset(canonicalize_name(name) for name in found)


def check_selection(project: Project, source: Source, selection: Selection) -> None:
    """See that what is selected is there.

    :raises LockMissing: Poetry has such a group, and it is not locked.
    :raises SelectionUnknown: there is no such extra or group.
    """
    there = known(project, source)
    unlocked = (selection.groups - there.groups) & poetry1_lock.groups(project.pyproject)
    if unlocked and source in (Source.PYPROJECT, Source.NOTHING):
        command, groups = _COMMANDS[Source.POETRY_LOCK], tuple(sorted(unlocked))
        raise LockMissing(project.pyproject_path, constants.POETRY_LOCK, command, groups)
    for variable, wanted, having in (
        (constants.FUNCTION_EXTRAS, selection.extras, there.extras),
        (constants.FUNCTION_GROUPS, selection.groups, there.groups),
    ):
        if having is not None and (unknown := sorted(wanted - having)):
            file = location(project, source)
            raise SelectionUnknown(variable, ", ".join(unknown), file, tuple(sorted(having)))


def locked(
    project: Project, source: Source, selection: Selection, python_version: str
) -> tuple[str, ...]:
    """Return what a lock names as the lines of a requirements file, if uv cannot read that lock."""
    match source:
        case Source.POETRY_LOCK:
            lock = project.locks[constants.POETRY_LOCK]
            values = environment(python_version)
            pyproject, folder = project.pyproject, project.folder
            return tuple(poetry_lock.requirements(lock, pyproject, selection, values, folder))
        case Source.PIPFILE_LOCK:
            lock = project.locks[constants.PIPFILE_LOCK]
            return tuple(pipfile_lock.requirements(lock, selection, project.folder))
        case _:
            return ()


# What such groups are called, in the words of their names. The image gets none of them by itself.
_FOR_DEVELOPMENT = re.compile(
    r"\b(dev|devel|develop|development|local|tests?|testing|docs?|documentation|lint|linting|format"
    r"|formatting|typing|types|mypy|checks?|ci|build|release|examples?|bench(mark)?s?)\b"
)


def is_for_development(name: str) -> bool:
    """Say whether a list or group of packages is for work on the function, by its name."""
    return bool(_FOR_DEVELOPMENT.search(re.sub(r"[_.]", " ", name.lower())))


def left_out(project: Project, source: Source, selection: Selection) -> tuple[str, ...]:
    """Return the groups that the project's own tool installs by itself, and that nobody selected.

    Of uv they are in `default-groups`, of Poetry all that are not optional. Those for development
    are not among them.
    """
    tool = project.pyproject.get("tool", {})
    if source in (Source.UV_LOCK, Source.PYPROJECT):
        stated = tool.get("uv", {}).get("default-groups", [])
        # uv has no other word for groups than "all".
        named = known(project, source).groups if isinstance(stated, str) else _normalized(stated)
    elif source is Source.POETRY_LOCK:
        table = tool.get("poetry", {}).get("group", {})
        named = _normalized(name for name, group in table.items() if not group.get("optional"))
    else:
        return ()
    return tuple(sorted(filterfalse(is_for_development, named - selection.groups)))


def selecting(project: Project, source: Source, package: str) -> tuple[str, ...]:
    """Return the settings, each with its value, that would install a package: NAME=VALUE.

    They are for the extras and groups of pyproject.toml that ask for it by its name.
    """
    table = project.pyproject.get("project", {}).get("optional-dependencies", {})
    groups = project.pyproject.get("dependency-groups", {})
    poetry_ = project.pyproject.get("tool", {}).get("poetry", {}).get("group", {})
    of_poetry = {name: group.get("dependencies", {}) for name, group in poetry_.items()}
    there = known(project, source)
    return (
        *_asking(package, constants.FUNCTION_EXTRAS, table, there.extras or frozenset()),
        *_asking(package, constants.FUNCTION_GROUPS, {**groups, **of_poetry}, there.groups),
    )


def _asking(
    package: str, setting: str, lists: Mapping[str, Iterable[Any]], there: frozenset[str]
) -> Iterator[str]:
    wanted = canonicalize_name(package)
    for name, stated in sorted(lists.items()):
        texts = [text for text in stated if isinstance(text, str)]  # others include a group
        found = {canonicalize_name(requirement.name) for requirement in requirements(texts)}
        if wanted in found and canonicalize_name(name) in there:
            yield f"{setting}={canonicalize_name(name)}"


# What tests and checks run with. A function that imports one of them at run time is rare.
_FOR_TESTS = frozenset(
    {"black", "coverage", "flake8", "mypy", "nox", "pylint", "pyright", "pytest", "ruff", "tox"}
)


def for_tests(project: Project, source: Source, lines: Iterable[str]) -> tuple[str, ...]:
    """Return the packages for tests and checks that the image gets, as far as they are stated."""
    if source in (Source.UV_LOCK, Source.PYPROJECT):
        stated: Iterable[str] = project.pyproject.get("project", {}).get("dependencies", ())
    elif source is Source.PYLOCK:
        stated = (
            package["name"] for package in project.locks[constants.PYLOCK].get("packages", ())
        )
    else:
        stated = (line.partition(" --hash")[0] for line in lines)
    found = {canonicalize_name(requirement.name) for requirement in requirements(stated)}
    return tuple(sorted(name for name in found if name in _FOR_TESTS or name.startswith("pytest-")))


def environment(python_version: str) -> dict[str, str]:
    """Return the values of markers (PEP 508) on the images' Python."""
    minor = ".".join(python_version.split(".")[:2])
    found = {name: str(value) for name, value in default_environment().items()}
    return found | {"python_version": minor, "python_full_version": python_version}


def requirements(stated: Iterable[str]) -> Iterator[Requirement]:
    """Yield those of the texts that are requirements (PEP 508)."""
    for text in stated:
        try:
            yield Requirement(text)
        except InvalidRequirement:  # the installer says what is wrong with it
            continue
