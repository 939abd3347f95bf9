"""Which files decide what is installed, beside what the plan says itself, and their digest.

Local packages are copied into the layer, so every file of them decides. Build backends read what
they like for dynamic dependencies, so there all files count but the function's own sources.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from function_buildpack import names
from function_buildpack.plan import Plan, digest
from function_buildpack.project import Project, members, read_pyproject, read_requirements
from function_buildpack.statements import Source


def digest_of(plan: Plan) -> str:
    """Return a digest of all that decides what is installed; empty if nothing is.

    :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
    """
    if plan.source is Source.NOTHING:
        return ""
    parts = [plan.requirements_key().encode(), *(line.encode() for line in plan.locked)]
    return digest(parts + _identify(files(plan), plan.project.folder))


def settings(stated: Mapping[str, str], folder: Path) -> str:
    """Return settings of uv as text, with a digest of the files that they name from a folder."""
    return ", ".join(f"{name}={value}{_named(value, folder)}" for name, value in stated.items())


def _named(words: str, folder: Path) -> str:
    seen: set[Path] = set()
    for word in words.split():
        seen.update(_with_includes(Path(os.path.normpath(folder / word)), folder, set()))
    parts = _identify((path for path in seen if path.is_file()), folder)
    return f" ({digest(parts)[:_SHOWN]})" if parts else ""


def _identify(paths: Iterable[Path], folder: Path) -> list[bytes]:
    """Return where files are, from a folder, and what is in them."""
    return [
        part
        for path in sorted(paths)
        for part in (os.fsencode(os.path.relpath(path, folder)), _content(path))
    ]


_SHOWN = 8  # of a digest that people read


def _content(path: Path) -> bytes:
    with path.open("rb") as file:  # it may be large
        return hashlib.file_digest(file, "sha256").digest()


def files(plan: Plan) -> list[Path]:
    """Return the files, sorted, each once."""
    return sorted({file for path in _paths(plan) for file in _below(path)})


def folders(plan: Plan) -> set[Path]:
    """Return the folders that a build backend may run in during the installation."""
    return {plan.project.folder, *(path for path in _paths(plan) if path.is_dir())}


def _paths(plan: Plan) -> set[Path]:
    folder = plan.project.folder
    match plan.source:
        case Source.UV_LOCK:
            return {plan.source_path, *_local_to_uv_lock(plan)}
        case Source.PYLOCK | Source.POETRY_LOCK | Source.PIPFILE_LOCK:
            lock = plan.project.locks[plan.source.value]
            return {plan.source_path, *_existing(folder, _places(lock))}
        case Source.REQUIREMENTS:
            return set(_with_includes(plan.source_path, folder, set()))
        case Source.PYPROJECT:
            return _local_to_pyproject(plan)
        case Source.SETUP_PY | Source.SETUP_CFG:
            return set(_all_but_sources(plan.project))
        case Source.NOTHING:
            return set()


# Keys under which locks and pyproject.toml name a file or folder.
_PLACES = frozenset({"path", "directory", "editable", "file", "url"})


def _places(data: object) -> Iterator[str]:
    """Yield every string under a key of a place, however deep."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key in _PLACES and isinstance(value, str):
                yield value
            else:
                yield from _places(value)
    elif isinstance(data, list):
        for value in data:
            yield from _places(value)


def _existing(folder: Path, places: Iterable[str]) -> Iterator[Path]:
    """Yield the places that are files or folders here, as they are or relative to a folder.

    A folder around it only counts as a project: "/" or ".." may be any word.
    """
    for place in places:
        path = Path(os.path.normpath(folder / place.removeprefix("file:").removeprefix("//")))
        if path.exists() and (path not in folder.parents or _is_project(path)):
            yield path


def _is_project(folder: Path) -> bool:
    files = (names.PYPROJECT, names.SETUP_PY, names.SETUP_CFG)
    return any((folder / file).is_file() for file in files)


def _local_to_uv_lock(plan: Plan) -> Iterator[Path]:
    """Yield the local packages that others depend on; the project itself is not installed."""
    packages = plan.project.locks[names.UV_LOCK].get("package", [])
    needed = set(_needed(packages))
    for package in packages:
        if package.get("name") in needed:
            yield from _existing(plan.source_path.parent, _places(package.get("source")))


def _needed(packages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for package in packages:
        groups = ("optional-dependencies", "dev-dependencies")
        lists = [package.get("dependencies", [])]
        lists += [entries for key in groups for entries in package.get(key, {}).values()]
        yield from (entry.get("name") for entries in lists for entry in entries)


def _local_to_pyproject(plan: Plan) -> set[Path]:
    project = plan.project
    table = project.pyproject.get("project", {})
    found = set(_sources(project.folder, project.pyproject, set()))
    found |= _workspace_members(project)
    if not table or "dependencies" in table.get("dynamic", ()):
        found |= set(_all_but_sources(project))
    return found


def _sources(folder: Path, pyproject: Mapping[str, Any], seen: set[Path]) -> Iterator[Path]:
    """Yield the paths of tool.uv.sources, and those that the packages there name in turn."""
    for path in _existing(folder, _places(_stated_sources(pyproject))):
        if path not in seen:
            seen.add(path)
            yield path
            yield from _sources(path, read_pyproject(path / names.PYPROJECT), seen)


def _stated_sources(pyproject: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = pyproject.get("tool", {}).get("uv", {}).get("sources", {})
    return found


def _workspace_members(project: Project) -> set[Path]:
    """Return the members of the workspace if the function names one; they may need each other."""
    stated = _stated_sources(project.pyproject).values()
    if not any(isinstance(source, Mapping) and source.get("workspace") for source in stated):
        return set()
    root = project.workspace_root or project.folder
    table = read_pyproject(root / names.PYPROJECT)
    workspace = table.get("tool", {}).get("uv", {}).get("workspace", {})
    return {root / names.PYPROJECT, *members(root, workspace)} - {project.folder}


def _all_but_sources(project: Project) -> Iterator[Path]:
    package = project.package
    for path in _below(project.folder):
        if not (path.suffix == ".py" and (path == package or package in path.parents)):
            yield path


_INCLUDE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#.*")
# What separates a path from what is around it: options, names before "@", extras, quotes.
_SEPARATOR = re.compile(r"[\s=@\[\]\"']+")


def _with_includes(path: Path, cwd: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield a requirements file, what it includes, and what its words name; missing ones are uv's.

    Every word that names something here counts: too much costs a reinstall, too little a stale
    layer. Paths are relative to the file or to the folder that uv runs in.
    """
    if path in seen or not path.is_file():
        return
    seen.add(path)
    yield path
    text = _COMMENT.sub("", read_requirements(path))
    for word in set(_SEPARATOR.split(text)) - {""}:
        yield from _existing(path.parent, [word])
        yield from _existing(cwd, [word])
    for name in _INCLUDE.findall(text):
        yield from _with_includes(Path(os.path.normpath(path.parent / name)), cwd, seen)


def _below(path: Path) -> Iterator[Path]:
    """Yield a file, or the files below a folder; links to folders are not followed."""
    if path.is_file():
        yield path
        return
    for parent, folders, found in os.walk(path):
        folders[:] = [name for name in folders if name != names.GIT]  # it differs in each clone
        yield from (file for name in found if (file := Path(parent, name)).is_file())
