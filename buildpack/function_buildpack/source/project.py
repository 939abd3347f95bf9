"""Reads what the user gave. Facts only: what follows from them is decided in plan.py."""

import ast
import configparser
import difflib
import glob
import json
import os
import platform
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from function_buildpack import constants
from function_buildpack.log.errors.source import (
    FieldInvalid,
    FileInvalid,
    FileOutside,
    FileUnreadable,
    PackageMissing,
    SyntaxInvalid,
)
from function_buildpack.source import func_yaml, git, local_packages, requirements_files, schema
from function_buildpack.source.func_yaml import FuncYaml
from function_buildpack.source.git import Checkout
from function_buildpack.source.schema import TEXTS, ListOf, Table
from function_buildpack.source.workspace import Workspace


@dataclass(frozen=True)
class Project:
    """A function as its author wrote it."""

    folder: Path
    package: Path
    func_yaml_path: Path
    func_yaml: FuncYaml
    pyproject: Mapping[str, Any] = field(default_factory=dict)
    imports: frozenset[str] = frozenset()
    is_locked: bool = False
    has_pyproject: bool = False
    has_requirements: bool = False
    checkout: Checkout = field(default_factory=Checkout)
    requirements: tuple[str, ...] = ()
    # What in its sources does not compile with the build's own Python, which may not be its.
    broken: SyntaxInvalid | None = None
    # What .python-version asks for first.
    python_version: str = ""
    # What Heroku's older file for the same asks for.
    runtime_txt: str = ""
    # The file of setuptools that states dependencies, if one does.
    setup: str = ""
    # Files of other tools that are there and are not read.
    unread: tuple[str, ...] = ()
    # Lists of requirements under other names than the one that is read.
    other_requirements: tuple[str, ...] = ()
    # What is in the locks, and in Pipfile, by the file's name.
    locks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # The root of the uv workspace that the function is a member of.
    workspace_root: Path | None = None
    # Files with nearly the name of one that is read and is not there → that name.
    misnamed: Mapping[str, str] = field(default_factory=dict)
    # What can be imported by its name alone, for it is beside the function: name → file or folder.
    beside: Mapping[str, Path] = field(default_factory=dict)

    @property
    def pyproject_path(self) -> Path:
        """Where pyproject.toml is, or would be."""
        return self.folder / constants.PYPROJECT

    @property
    def hiding(self) -> tuple[Path, ...]:
        """What is found where a module of the standard library is looked for."""
        return tuple(path for name, path in sorted(self.beside.items()) if name in _HIDEABLE)

    @property
    def lock_path(self) -> Path:
        """Where uv.lock is, or would be."""
        return (self.workspace_root or self.folder) / constants.UV_LOCK

    @property
    def requirements_path(self) -> Path:
        """Where requirements.txt is, or would be."""
        return self.folder / constants.REQUIREMENTS


def read(workspace: Workspace) -> Project:
    """Read the function of a workspace.

    :raises PackageMissing: there is no `function`, or no `__init__.py` in it.
    :raises FileUnreadable: what has the name of a file that states something is none.
    :raises FileOutside: a source file of the function is a link that leads out of the source.
    :raises FileInvalid: func.yaml, pyproject.toml or a lock cannot be parsed.
    :raises FieldInvalid: a field of theirs is of another kind.
    """
    folder = workspace.folder
    for path in (workspace.func_yaml, *(folder / name for name in _STATING)):
        _check_file(path)
    root = workspace_root(folder)
    stated = func_yaml.read(workspace.func_yaml)
    package = workspace.package
    if package is None:
        raise PackageMissing(folder, _entries(folder))
    if package.is_dir() and not (package / "__init__.py").is_file():  # it could have no new()
        raise PackageMissing(package, _entries(package))
    own = tuple(sources(package))
    _check_inside(workspace.app, (package, *own))
    imports, broken = _imports(own)
    return Project(
        folder=folder,
        package=package,
        func_yaml_path=workspace.func_yaml,
        func_yaml=stated,
        pyproject=read_pyproject(folder / constants.PYPROJECT),
        imports=imports,
        broken=broken,
        is_locked=((root or folder) / constants.UV_LOCK).is_file(),
        has_pyproject=(folder / constants.PYPROJECT).is_file(),
        has_requirements=(folder / constants.REQUIREMENTS).is_file(),
        checkout=git.read(folder),
        requirements=_requirements(folder / constants.REQUIREMENTS),
        python_version=_python_version(folder) or (_python_version(root) if root else ""),
        runtime_txt=_runtime_txt(folder),
        setup=_setup(folder),
        unread=_unread(folder),
        other_requirements=_other_requirements(folder),
        locks=_read_locks(folder, (root or folder) / constants.UV_LOCK),
        workspace_root=root,
        beside=_beside(package.parent, folder),
        misnamed=_misnamed(folder),
    )


def _check_file(path: Path) -> None:
    """See that a path is a file or nothing at all.

    :raises FileUnreadable: something else is there. To pass it over would lose what it states.
    """
    if path.is_symlink() and not path.exists():
        raise FileUnreadable(path, f"a link to {path.readlink()}, which is not there")
    if path.exists() and not path.is_file():
        raise FileUnreadable(path, "no file, but a folder or a special file")


def _check_inside(app: Path, paths: Iterable[Path]) -> None:
    """See that the image will have what links lead to. :raises FileOutside: it will not."""
    root = app.resolve()
    for path in paths:
        if not (target := path.resolve()).is_relative_to(root):
            raise FileOutside(path, target)


def _entries(folder: Path) -> tuple[str, ...]:
    """Name the entries of a folder so that one sees what they are."""
    return tuple(sorted(map(_listed, folder.iterdir())))


def _listed(entry: Path) -> str:
    if entry.is_symlink():
        return f"{entry.name} (a link to {entry.readlink()})"
    return f"{entry.name}/" if entry.is_dir() else entry.name


def _misnamed(folder: Path) -> dict[str, str]:
    """Return the files with nearly a name that is read, for those names that are not there."""
    there = {entry.name for entry in folder.iterdir() if entry.is_file()}
    wanted = {name.lower(): name for name in (constants.FUNC_YAML, *_STATING) if name not in there}
    return {
        name: wanted[alike[0]]
        for name in sorted(there.difference(_STATING, _unread(folder)))
        if (alike := difflib.get_close_matches(name.lower(), wanted, 1, _ALIKE))
    }


# requirement.txt and func.yml are alike enough, requirements-dev.txt and requirements.in are not.
_ALIKE = 0.93


def _beside(*folders: Path) -> dict[str, Path]:
    """Return the modules and packages of folders on the import path, by name."""
    return {
        path.stem: path
        for folder in folders
        for path in folder.iterdir()
        if (path / "__init__.py").is_file() or (path.suffix == ".py" and path.is_file())
    }


# The interpreter has some of its modules within itself, where nothing comes before them. Of `test`
# nobody imports the standard library's, and many projects have their own.
_HIDEABLE = sys.stdlib_module_names - {*sys.builtin_module_names, "test"}


def read_pyproject(path: Path) -> Mapping[str, Any]:
    """Read pyproject.toml; a missing one is an empty one.

    The fields that count here are of the kinds that they have to be: nothing looks again.

    :raises FileInvalid: not TOML. :raises FieldInvalid: a field is of another kind.
    """
    if not path.is_file():
        return {}
    table = _read_toml(path)
    if not schema.is_sound(table):
        raise FileInvalid(path, "TOML", "it is nested too deeply, or a number is too large")
    for found in schema.misfits(table, _PYPROJECT):
        raise FieldInvalid(path, found.path, found.found, found.expected)
    return table


_PYPROJECT = Table(
    {
        "project": Table(
            {
                "requires-python": str,
                "dependencies": TEXTS,
                "optional-dependencies": Table(others=TEXTS),
                "dynamic": TEXTS,
            }
        ),
        "build-system": Table({"build-backend": str, "requires": TEXTS}),
        "dependency-groups": Table(others=ListOf((str, Table()))),
        "tool": Table(
            {
                "uv": Table(
                    {
                        "cache-keys": ListOf((str, Table())),
                        "default-groups": (TEXTS, str),
                        "dev-dependencies": TEXTS,
                        "sources": Table(),
                        "workspace": Table({"members": TEXTS, "exclude": TEXTS}),
                    }
                ),
                "poetry": Table(
                    {
                        "dependencies": Table(),
                        "dev-dependencies": Table(),
                        "group": Table(others=Table({"dependencies": Table()})),
                        "extras": Table(others=TEXTS),
                    }
                ),
            }
        ),
    }
)


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        # Editors on Windows may write a mark in front; uv reads it too.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileInvalid.undecodable(path, "TOML", error) from error
    except ValueError as error:  # also of a number with too many digits
        raise FileInvalid(path, "TOML", str(error)) from error
    except RecursionError as error:
        raise FileInvalid.too_deep(path, "TOML") from error


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileInvalid.undecodable(path, "JSON", error) from error
    except ValueError as error:
        raise FileInvalid(path, "JSON", str(error)) from error
    except RecursionError as error:
        raise FileInvalid.too_deep(path, "JSON") from error
    if not isinstance(content, dict):
        raise FileInvalid(path, "JSON", "it is no object")
    return content


def _other_requirements(folder: Path) -> tuple[str, ...]:
    """Return the lists of requirements that requirements.txt does not include."""
    found = {path for pattern in _OTHER_REQUIREMENTS for path in folder.glob(pattern)}
    seen = _included(folder / constants.REQUIREMENTS)
    lists = (path for path in found | seen if path.suffix == ".txt" and path.is_file())
    made = {path.with_suffix(".in") for path in lists}  # what pip-compile makes them from
    others = {path for path in found - seen - made if path.is_file()}
    return tuple(sorted(str(path.relative_to(folder)) for path in others))


def _included(path: Path, seen: frozenset[Path] = frozenset()) -> frozenset[Path]:
    """Return a requirements file and those that it includes."""
    if path in seen or not path.is_file():
        return seen
    seen |= {path}
    for name in local_packages.included(requirements_files.read(path)):
        seen = _included(Path(os.path.normpath(path.parent / name)), seen)
    return seen


_OTHER_REQUIREMENTS = ("requirements*.in", "requirements?*.txt", "requirements/*.txt")


def _read_locks(folder: Path, uv_lock: Path) -> dict[str, Mapping[str, Any]]:
    paths = {name: folder / name for name in _LOCKS} | {constants.UV_LOCK: uv_lock}
    return {name: _LOCKS[name](path) for name, path in paths.items() if path.is_file()}


def _unread(folder: Path) -> tuple[str, ...]:
    found = [path for pattern in _UNREAD for path in sorted(folder.glob(pattern))]
    # Of several tools; the one that is asked for here is named in a line of its own.
    tools = folder / constants.TOOL_VERSIONS
    if tools.is_file() and any(line.startswith("python ") for line in _lines(tools)):
        found.append(tools)
    return tuple(path.name for path in found if path.is_file())


_UNREAD = (
    *(constants.PDM_LOCK, *constants.CONDA_FILES, constants.PYLOCKS),
    *(constants.PROCFILE, constants.APTFILE, constants.DOCKERFILE),
)
# Files that decide something here.
_STATING = (
    constants.PYTHON_VERSION_FILE,
    *(constants.PYPROJECT, constants.REQUIREMENTS, constants.SETUP_PY, constants.SETUP_CFG),
    *(
        constants.UV_LOCK,
        constants.PYLOCK,
        constants.POETRY_LOCK,
        constants.PIPFILE,
        constants.PIPFILE_LOCK,
    ),
)
_LOCKS: Mapping[str, Callable[[Path], Mapping[str, Any]]] = {
    constants.UV_LOCK: _read_toml,
    constants.PYLOCK: _read_toml,
    constants.POETRY_LOCK: _read_toml,
    constants.PIPFILE: _read_toml,
    constants.PIPFILE_LOCK: _read_json,
}


def _requirements(path: Path) -> tuple[str, ...]:
    found = requirements_files.lines(requirements_files.read(path)) if path.is_file() else []
    return tuple(filter(None, found))


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(requirements_files.read(path).splitlines()) if path.is_file() else ()


def _python_version(folder: Path) -> str:
    """Return the first request in .python-version: the others are for tools that want several."""
    lines = (line.strip() for line in _lines(folder / constants.PYTHON_VERSION_FILE))
    return next((line for line in lines if line and not line.startswith("#")), "")


def _runtime_txt(folder: Path) -> str:
    """Return what runtime.txt asks for, such as python-3.12.4; any other text is not Heroku's."""
    text = "".join(_lines(folder / constants.RUNTIME_TXT)).strip()
    return text if text.startswith("python-") else ""


def _setup(folder: Path) -> str:
    """Return setup.py, or setup.cfg if it has setuptools' options and not only those of others."""
    if (folder / constants.SETUP_PY).is_file():
        return constants.SETUP_PY
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(folder / constants.SETUP_CFG, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):  # setuptools will say what is wrong with it
        return constants.SETUP_CFG
    return constants.SETUP_CFG if parser.has_section("options") else ""


def workspace_root(folder: Path) -> Path | None:
    """Return the root of the uv workspace that a folder is a member of, as uv finds it."""
    for parent in folder.parents:
        table = read_pyproject(parent / constants.PYPROJECT).get("tool", {}).get("uv", {})
        if workspace := table.get("workspace"):
            return parent if folder in members(parent, workspace) else None
    return None


def members(root: Path, workspace: Mapping[str, Any]) -> set[Path]:
    """Return the members of a uv workspace, from its table in the root's pyproject.toml."""
    included, excluded = (
        {
            Path(os.path.normpath(root / found))
            for pattern in workspace.get(key, ())
            for found in glob.glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207
        }
        for key in ("members", "exclude")
    )
    return included - excluded


def sources(package: Path) -> Iterator[Path]:
    """Yield the Python files of a package or module, sorted.

    Links to folders are not followed. A link that leads nowhere is no file, nor is a pipe.
    """
    if package.is_file():
        yield package
        return
    for parent, folders, files in os.walk(package):
        folders.sort()
        paths = (Path(parent, name) for name in sorted(files) if name.endswith(".py"))
        yield from (path for path in paths if path.is_file())


def _imports(paths: Iterable[Path]) -> tuple[frozenset[str], SyntaxInvalid | None]:
    """Return the modules that source files import, and what is wrong with the first bad one."""
    imports, broken = set[str](), None
    for path in paths:
        try:
            imports.update(_imports_of(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            broken = broken or SyntaxInvalid.found(path, error, platform.python_version())
    return frozenset(imports), broken


def _imports_of(path: Path) -> Iterator[str]:
    """Yield the modules that a source file imports, by their absolute names."""
    with warnings.catch_warnings(action="ignore"):  # linters tell authors of invalid escapes
        tree = ast.parse(path.read_bytes(), filename=str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
