"""Functions for tests: from facts only, or written and read."""

from pathlib import Path
from typing import Any

from function_buildpack.manifests import registry
from function_buildpack.manifests.registry import Manifests
from function_buildpack.source import project, workspace
from function_buildpack.source.func_yaml import FuncYaml
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject

FOLDER = Path("/w")


def of_facts(pyproject: dict[str, Any] | None = None, **facts: Any) -> Project:
    """Return a function with these facts."""
    func_yaml = facts.pop("func_yaml", FuncYaml())
    package, func_yaml_path = FOLDER / "function", FOLDER / "func.yaml"
    return Project(FOLDER, package, func_yaml_path, func_yaml, Pyproject(pyproject or {}), **facts)


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="latin-1")


def read(folder: Path, files: dict[str, str], path: str = "") -> Project:
    """Write a function's files and read it."""
    write(folder, files)
    return project.read(workspace.locate(folder, path))


def declared(folder: Path, files: dict[str, str], path: str = "") -> Manifests:
    """Write a function's files and read its manifests."""
    return registry.read(read(folder, files, path))
