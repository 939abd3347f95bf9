"""Reads what the user gave. Facts only: what follows from them is decided in plan.py."""

import ast
import codecs
import configparser
import glob
import json
import os
import platform
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from function_buildpack import func_yaml, git, names
from function_buildpack.errors import FileInvalid, PackageMissing, SyntaxInvalid
from function_buildpack.func_yaml import Fields, FuncYaml
from function_buildpack.git import Checkout
from function_buildpack.workspace import Workspace


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
    # The file of setuptools that states dependencies, if one does.
    setup: str = ""
    # Files of other tools that are there and are not read.
    unread: tuple[str, ...] = ()
    # What is in the locks, and in Pipfile, by the file's name.
    locks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    # The root of the uv workspace that the function is a member of.
    workspace_root: Path | None = None

    @property
    def pyproject_path(self) -> Path:
        """Where pyproject.toml is, or would be."""
        return self.folder / names.PYPROJECT

    @property
    def lock_path(self) -> Path:
        """Where uv.lock is, or would be."""
        return (self.workspace_root or self.folder) / names.UV_LOCK

    @property
    def requirements_path(self) -> Path:
        """Where requirements.txt is, or would be."""
        return self.folder / names.REQUIREMENTS


def read(workspace: Workspace) -> Project:
    """Read the function of a workspace.

    :raises PackageMissing: there is no `function`.
    :raises FileInvalid: func.yaml, pyproject.toml or a lock cannot be parsed.
    :raises FieldInvalid: a field of theirs is of another kind.
    """
    folder = workspace.folder
    root = _workspace_root(folder)
    stated = func_yaml.read(workspace.func_yaml)
    package = workspace.package
    if package is None:
        raise PackageMissing(folder, tuple(sorted(entry.name for entry in folder.iterdir())))
    imports, broken = _imports(package)
    return Project(
        folder=folder,
        package=package,
        func_yaml_path=workspace.func_yaml,
        func_yaml=stated,
        pyproject=read_pyproject(folder / names.PYPROJECT),
        imports=imports,
        broken=broken,
        is_locked=((root or folder) / names.UV_LOCK).is_file(),
        has_pyproject=(folder / names.PYPROJECT).is_file(),
        has_requirements=(folder / names.REQUIREMENTS).is_file(),
        checkout=git.read(folder),
        requirements=_lines(folder / names.REQUIREMENTS),
        python_version=_python_version(folder) or (_python_version(root) if root else ""),
        setup=_setup(folder),
        unread=tuple(name for name in _UNREAD if (folder / name).is_file()),
        locks=_read_locks(folder, (root or folder) / names.UV_LOCK),
        workspace_root=root,
    )


def read_pyproject(path: Path) -> Mapping[str, Any]:
    """Read pyproject.toml; a missing one is an empty one.

    :raises FileInvalid: not TOML. :raises FieldInvalid: `project` is not a table.
    """
    if not path.is_file():
        return {}
    table = _read_toml(path)
    Fields(path, table).table("project").text("requires-python")
    return table


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileInvalid(path, "TOML", str(error)) from error


def _read_json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # also of the decoding
        raise FileInvalid(path, "JSON", str(error)) from error
    if not isinstance(content, dict):
        raise FileInvalid(path, "JSON", "it is no object")
    return content


def _read_locks(folder: Path, uv_lock: Path) -> dict[str, Mapping[str, Any]]:
    paths = {name: folder / name for name in _LOCKS} | {names.UV_LOCK: uv_lock}
    return {name: _LOCKS[name](path) for name, path in paths.items() if path.is_file()}


_UNREAD = (names.PDM_LOCK, names.CONDA_ENVIRONMENT)
_LOCKS: Mapping[str, Callable[[Path], Mapping[str, Any]]] = {
    names.UV_LOCK: _read_toml,
    names.PYLOCK: _read_toml,
    names.POETRY_LOCK: _read_toml,
    names.PIPFILE: _read_toml,
    names.PIPFILE_LOCK: _read_json,
}


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(read_requirements(path).splitlines()) if path.is_file() else ()


def read_requirements(path: Path) -> str:
    """Read a requirements file in an encoding that uv takes; Windows' shells write UTF-16."""
    content = path.read_bytes()
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf_16 else "utf-8-sig", errors="replace")


def _python_version(folder: Path) -> str:
    """Return the first request in .python-version: the others are for tools that want several."""
    lines = (line.strip() for line in _lines(folder / names.PYTHON_VERSION_FILE))
    return next((line for line in lines if line and not line.startswith("#")), "")


def _setup(folder: Path) -> str:
    """Return setup.py, or setup.cfg if it has setuptools' options and not only those of others."""
    if (folder / names.SETUP_PY).is_file():
        return names.SETUP_PY
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(folder / names.SETUP_CFG, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):  # setuptools will say what is wrong with it
        return names.SETUP_CFG
    return names.SETUP_CFG if parser.has_section("options") else ""


def _workspace_root(folder: Path) -> Path | None:
    """Return the root of the uv workspace that a folder is a member of, as uv finds it."""
    for parent in folder.parents:
        table = read_pyproject(parent / names.PYPROJECT).get("tool", {}).get("uv", {})
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
    """Yield the Python files of a package or module, sorted. Links to folders are not followed."""
    if package.is_file():
        yield package
        return
    for parent, folders, files in os.walk(package):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(files) if name.endswith(".py"))


def _imports(package: Path) -> tuple[frozenset[str], SyntaxInvalid | None]:
    """Return the modules that a package imports, and the first error of one of its files."""
    imports, broken = set[str](), None
    for path in sources(package):
        try:
            imports.update(_imports_of(path))
        except (SyntaxError, ValueError) as error:  # ValueError: NUL bytes
            line, source = getattr(error, "lineno", 0) or 0, getattr(error, "text", "") or ""
            problem, python = getattr(error, "msg", str(error)), platform.python_version()
            broken = broken or SyntaxInvalid(path, line, source.strip(), problem, python)
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
