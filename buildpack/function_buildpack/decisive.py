"""Which files decide what is installed, beside what the plan says itself, and their digest.

Local packages are copied into the layer, so every file of them decides, and of those that they
name in turn. Build backends read what they like for dynamic dependencies, so there all files of
the source count but the function's own.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from function_buildpack import names, references, requirements_files
from function_buildpack.plan import Plan, digest
from function_buildpack.project import (
    Project,
    members,
    read_pyproject,
    workspace_root,
)
from function_buildpack.references import Surroundings, is_project
from function_buildpack.statements import Source


def digest_of(plan: Plan, around: Surroundings) -> str:
    """Return a digest of all that decides what is installed; empty if nothing is.

    :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
    """
    if plan.source is Source.NOTHING:
        return ""
    here = f"{around.app.as_uri()}/"
    locked = [line.replace(here, "file:").encode() for line in plan.locked]
    stated = [plan.requirements_key().encode(), *locked]
    return digest(stated + _identify(files(plan, around), around.app))


def settings(stated: Mapping[str, str], around: Surroundings) -> str:
    """Return settings of uv as text, with a digest of the files that they name."""
    return ", ".join(f"{name}={value}{_named(value, around)}" for name, value in stated.items())


def _named(words: str, around: Surroundings) -> str:
    seen: set[Path] = set()
    for word in words.split():
        seen.update(_with_includes(Path(os.path.normpath(around.cwd / word)), around, set()))
    parts = _identify(_below(seen, around.app), around.app)
    return f" ({digest(parts)[:_SHOWN]})" if parts else ""


_SHOWN = 8  # of a digest that people read


def _identify(paths: Iterable[Path], app: Path) -> list[bytes]:
    """Return where files are in the source, and what is in them."""
    root = app.resolve()
    found = sorted((_place(path, root), _content(path, root)) for path in paths)
    return [part for pair in found for part in pair]


def _place(path: Path, root: Path) -> bytes:
    """Return a path so that it is the same wherever the source is."""
    return os.fsencode(path.relative_to(root) if path.is_relative_to(root) else path)


def _content(path: Path, root: Path) -> bytes:
    if path.is_dir():  # a link
        target = path.resolve()
        return _place(target if target.is_relative_to(root) else path.readlink(), root)
    with path.open("rb") as file:  # it may be large
        return hashlib.file_digest(file, "sha256").digest()


def files(plan: Plan, around: Surroundings) -> list[Path]:
    """Return the files, and links to folders, sorted, each once."""
    named = paths(plan, around)
    found = _below(named, around.app)
    if _is_open(plan, named, around):
        found |= _all_but_sources(plan.project, around.app)
    return sorted(found)


def _is_open(plan: Plan, named: Iterable[Path], around: Surroundings) -> bool:
    """Say whether a build backend decides what is needed, of the function or a local package."""
    match plan.source:
        case Source.SETUP_PY | Source.SETUP_CFG:
            return True
        case Source.PYPROJECT:
            return any(_computes(path, around) for path in {plan.project.folder, *named})
        case Source.REQUIREMENTS:
            return any(_computes(path, around) for path in named)
        case _:  # a lock has them all
            return False


def _computes(path: Path, around: Surroundings) -> bool:
    if not is_project(path):
        return False
    pyproject = read_pyproject(path / names.PYPROJECT)
    is_clear = all(map(around.is_clear, references.direct(pyproject)))
    return references.are_computed(pyproject) or not is_clear


def paths(plan: Plan, around: Surroundings) -> set[Path]:
    """Return the files and folders that are named, and those that local packages name in turn.

    :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
    """
    match plan.source:
        case Source.UV_LOCK:
            return {plan.source_path, *_local_to_uv_lock(plan, around)}
        case Source.PYLOCK | Source.POETRY_LOCK | Source.PIPFILE_LOCK:
            lock = references.in_lock(plan.project.locks[plan.source.value])
            return {plan.source_path, *around.paths(lock, plan.project.folder)}
        case Source.REQUIREMENTS:
            return _followed(_with_includes(plan.source_path, around, set()), around)
        case Source.PYPROJECT:
            return _followed(_local_to_pyproject(plan.project, around), around)
        case Source.SETUP_PY | Source.SETUP_CFG | Source.NOTHING:
            return set()


def _local_to_uv_lock(plan: Plan, around: Surroundings) -> Iterator[Path]:
    """Yield the local packages that others depend on; the project itself is not installed."""
    packages = plan.project.locks[names.UV_LOCK].get("package", [])
    needed = set(_needed(packages))
    for package in packages:
        if package.get("name") in needed:
            places = references.in_lock(package.get("source"))
            yield from around.paths(places, plan.source_path.parent)


def _needed(packages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for package in packages:
        groups = ("optional-dependencies", "dev-dependencies")
        lists = [package.get("dependencies", [])]
        lists += [entries for key in groups for entries in package.get(key, {}).values()]
        yield from (entry.get("name") for entries in lists for entry in entries)


def _local_to_pyproject(project: Project, around: Surroundings) -> set[Path]:
    found = _named_by(project.folder, around)
    # Other tables than the project's are not in the plan's own key.
    return found if references.are_static(project.pyproject) else {project.pyproject_path, *found}


def _followed(paths: Iterable[Path], around: Surroundings) -> set[Path]:
    """Return paths, and what the packages among them name, and so on."""
    found, waiting = set[Path](), [*paths]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _named_by(path, around) if is_project(path) else ()
    return found


def _named_by(folder: Path, around: Surroundings) -> set[Path]:
    """Return what the pyproject.toml of a folder names, with those of the uv workspace around."""
    pyproject = read_pyproject(folder / names.PYPROJECT)
    found = set(around.paths(references.in_pyproject(pyproject), folder))
    root = workspace_root(folder) or folder
    shared = read_pyproject(root / names.PYPROJECT)
    if root != folder:  # what is said there is said for all members
        found |= {root / names.PYPROJECT, *around.paths(references.in_uv(shared), root)}
    if wanted := references.of_workspace(pyproject) | references.of_workspace(shared):
        listed = {root / names.PYPROJECT, *members(root, references.workspace(shared))}
        if references.name(shared) in wanted:
            listed.add(root)
        found |= listed - {around.cwd}  # the function itself is not installed
    return found


def _all_but_sources(project: Project, app: Path) -> set[Path]:
    package = project.package.resolve()
    return {
        path
        for path in _below([app], app)
        if not (path.suffix == ".py" and package in (path, *path.parents))
    }


def _with_includes(path: Path, around: Surroundings, seen: set[Path]) -> Iterator[Path]:
    """Yield a requirements file, what it includes, and what its words name; missing ones are uv's.

    Paths are relative to the file or to the folder that uv runs in.
    """
    if path in seen or not path.is_file():
        return
    seen.add(path)
    yield path
    text = requirements_files.read(path)
    for folder in (path.parent, around.cwd):
        yield from around.paths(references.in_requirements(text), folder)
    for file in around.paths(references.included(text), path.parent):
        yield from _with_includes(file, around, seen)


def _below(paths: Iterable[Path], app: Path) -> set[Path]:
    """Return files, and those below folders, under their real names.

    A link to a folder counts itself. Build backends follow it, so what is in that folder counts
    too, unless it is out of the source.
    """
    root, waiting = app.resolve(), [path.resolve() for path in paths]
    found, seen = set[Path](), set[Path]()
    while waiting:
        path = waiting.pop()
        if path.is_file():
            found.add(path)
        for entry in _walk(path, seen):
            found.add(entry)
            if entry.is_dir() and (target := entry.resolve()).is_relative_to(root):
                waiting.append(target)
    return found


def _walk(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the files below a folder and the links to folders; each folder is walked once."""
    for parent, folders, found in os.walk(folder):
        here = Path(parent)
        folders[:] = [name for name in folders if name != names.GIT and here not in seen]
        if here not in seen:
            seen.add(here)
            yield from (link for name in folders if (link := here / name).is_symlink())
            files_here = (here / name for name in found if name != names.GIT)
            yield from (file for file in files_here if file.is_file())
