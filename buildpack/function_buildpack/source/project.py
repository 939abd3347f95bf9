"""Reads the function's source. Facts only: plan.py makes the decisions."""

import configparser
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack import constants
from function_buildpack.log.errors.source import FileOutside, PackageMissing, SyntaxInvalid
from function_buildpack.source import (
    func_yaml,
    pyproject,
    python_files,
    requirements_files,
    user_files,
)
from function_buildpack.source.func_yaml import FuncYaml
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.source.workspace import Workspace
from function_buildpack.system import git
from function_buildpack.system.git import Checkout


@dataclass(frozen=True)
class Project:
    """A function as its author wrote it."""

    folder: Path
    package: Path
    func_yaml_path: Path
    func_yaml: FuncYaml
    pyproject: Pyproject = field(default_factory=Pyproject)
    imports: frozenset[str] = frozenset()
    has_pyproject: bool = False
    checkout: Checkout = field(default_factory=Checkout)
    # The first syntax error with the build's Python, which may not be the function's.
    broken: SyntaxInvalid | None = None
    # The first request in .python-version.
    python_version: str = ""
    # The request in runtime.txt, Heroku's older file for a Python version.
    runtime_txt: str = ""
    # The file of setuptools that declares dependencies, if there is one.
    setup: str = ""
    # The root of the uv workspace that the function is a member of.
    workspace_root: Path | None = None
    # The modules and packages next to the function: name → file or folder.
    siblings: Mapping[str, Path] = field(default_factory=dict)

    @property
    def pyproject_path(self) -> Path:
        """The path of pyproject.toml, which may not exist."""
        return self.folder / constants.PYPROJECT

    @property
    def hiding(self) -> tuple[Path, ...]:
        """The files and folders that hide modules of the standard library."""
        return tuple(path for name, path in sorted(self.siblings.items()) if name in _HIDEABLE)


def read(workspace: Workspace) -> Project:
    """Read the function of a workspace.

    :raises PackageMissing: there is no `function`, or no `__init__.py` in it.
    :raises FileUnreadable: one of the files is not a regular file.
    :raises FileOutside: a source file of the function is a link to a file outside the source.
    :raises FileInvalid: func.yaml or pyproject.toml cannot be parsed.
    :raises FieldInvalid: a field in them has a wrong type.
    """
    folder = workspace.folder
    for path in (workspace.func_yaml, *(folder / name for name in _FILES)):
        user_files.check(path)
    root = pyproject.workspace_root(folder)
    fields = func_yaml.read(workspace.func_yaml)
    package = workspace.package
    if package is None:
        raise PackageMissing(folder, _entries(folder))
    if package.is_dir() and not (package / "__init__.py").is_file():  # it cannot define new()
        raise PackageMissing(package, _entries(package))
    own = tuple(python_files.sources(package))
    _check_inside(workspace.app, (package, *own))
    imports, broken = python_files.imports(own)
    return Project(
        folder=folder,
        package=package,
        func_yaml_path=workspace.func_yaml,
        func_yaml=fields,
        pyproject=Pyproject.read(folder / constants.PYPROJECT),
        imports=imports,
        broken=broken,
        has_pyproject=(folder / constants.PYPROJECT).is_file(),
        checkout=git.read(folder),
        python_version=_python_version(folder) or (_python_version(root) if root else ""),
        runtime_txt=_runtime_txt(folder),
        setup=_setup(folder),
        workspace_root=root,
        siblings=_siblings(package.parent, folder),
    )


# The files that are read here. registry.py checks the manifests.
_FILES = (
    constants.PYTHON_VERSION_FILE,
    *(constants.PYPROJECT, constants.SETUP_PY, constants.SETUP_CFG),
)


def _check_inside(app: Path, paths: Iterable[Path]) -> None:
    """Check that the image will have the targets of links. :raises FileOutside: it will not."""
    root = app.resolve()
    for path in paths:
        if not (target := path.resolve()).is_relative_to(root):
            raise FileOutside(path, target)


def _entries(folder: Path) -> tuple[str, ...]:
    """Return the names of a folder's entries, with their types."""
    return tuple(sorted(map(_listed, folder.iterdir())))


def _listed(entry: Path) -> str:
    if entry.is_symlink():
        return f"{entry.name} (a link to {entry.readlink()})"
    return f"{entry.name}/" if entry.is_dir() else entry.name


def _siblings(*folders: Path) -> dict[str, Path]:
    """Return the modules and packages in folders of the import path, by name."""
    return {
        path.stem: path
        for folder in folders
        for path in folder.iterdir()
        if (path / "__init__.py").is_file() or (path.suffix == ".py" and path.is_file())
    }


# Nothing can hide the modules that are built into the interpreter. Nobody imports the standard
# library's `test`, and many projects have their own.
_HIDEABLE = sys.stdlib_module_names - {*sys.builtin_module_names, "test"}


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(requirements_files.read(path).splitlines()) if path.is_file() else ()


def _python_version(folder: Path) -> str:
    """Return the first request in .python-version. Others are for tools that use several."""
    lines = (line.strip() for line in _lines(folder / constants.PYTHON_VERSION_FILE))
    return next((line for line in lines if line and not line.startswith("#")), "")


def _runtime_txt(folder: Path) -> str:
    """Return the request in runtime.txt, such as python-3.12.4. Other texts are not Heroku's."""
    text = "".join(_lines(folder / constants.RUNTIME_TXT)).strip()
    return text if text.startswith("python-") else ""


def _setup(folder: Path) -> str:
    """Return setup.py, or setup.cfg if it has options of setuptools."""
    if (folder / constants.SETUP_PY).is_file():
        return constants.SETUP_PY
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(folder / constants.SETUP_CFG, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):  # setuptools reports the error
        return constants.SETUP_CFG
    return constants.SETUP_CFG if parser.has_section("options") else ""
