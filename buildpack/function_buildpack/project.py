"""Reads what the user gave. Facts only: what follows from them is decided in plan.py."""

import ast
import os
import tomllib
import warnings
from collections.abc import Iterator, Mapping
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

    @property
    def pyproject_path(self) -> Path:
        """Where pyproject.toml is, or would be."""
        return self.folder / names.PYPROJECT

    @property
    def lock_path(self) -> Path:
        """Where uv.lock is, or would be."""
        return self.folder / names.UV_LOCK

    @property
    def requirements_path(self) -> Path:
        """Where requirements.txt is, or would be."""
        return self.folder / names.REQUIREMENTS


def read(workspace: Workspace) -> Project:
    """Read the function of a workspace.

    :raises PackageMissing: there is no `function`.
    :raises FileInvalid: func.yaml or pyproject.toml cannot be parsed.
    :raises FieldInvalid: a field of theirs is of another kind.
    :raises SyntaxInvalid: a source file of the function does not compile.
    """
    folder = workspace.folder
    stated = func_yaml.read(workspace.func_yaml)
    package = workspace.package
    if package is None:
        raise PackageMissing(folder, tuple(sorted(entry.name for entry in folder.iterdir())))
    return Project(
        folder=folder,
        package=package,
        func_yaml_path=workspace.func_yaml,
        func_yaml=stated,
        pyproject=read_pyproject(folder / names.PYPROJECT),
        imports=frozenset(name for path in sources(package) for name in _imports(path)),
        is_locked=(folder / names.UV_LOCK).is_file(),
        has_pyproject=(folder / names.PYPROJECT).is_file(),
        has_requirements=(folder / names.REQUIREMENTS).is_file(),
        checkout=git.read(folder),
    )


def read_pyproject(path: Path) -> Mapping[str, Any]:
    """Read pyproject.toml; a missing one is an empty one.

    :raises FileInvalid: not TOML. :raises FieldInvalid: `project` is not a table.
    """
    if not path.is_file():
        return {}
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileInvalid(path, "TOML", str(error)) from error
    Fields(path, table).table("project").text("requires-python")
    return table


def sources(package: Path) -> Iterator[Path]:
    """Yield the Python files of a package or module, sorted. Links to folders are not followed."""
    if package.is_file():
        yield package
        return
    for parent, folders, files in os.walk(package):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(files) if name.endswith(".py"))


def _imports(path: Path) -> Iterator[str]:
    """Yield the modules that a source file imports, by their absolute names.

    :raises SyntaxInvalid: the file does not compile.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # linters tell authors of invalid escapes
            tree = ast.parse(path.read_bytes(), filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise SyntaxInvalid.found(path, error) from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
