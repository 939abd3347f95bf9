"""Where the function is. `func` sends it in other shapes than it has on the user's disk.

Raw: the application folder is the function's. Nested: func's pack builder moved the function into
`fn/` and wrote a `service/` package for its own middleware beside it; ours takes its place.
"""

from dataclasses import dataclass
from pathlib import Path

from function_buildpack import names
from function_buildpack.errors import FunctionFolderMissing


@dataclass(frozen=True)
class Workspace:
    """The function's folder, func.yaml (which may not exist) and func's scaffolding, if any."""

    folder: Path
    func_yaml: Path
    scaffolding: tuple[Path, ...] = ()

    @property
    def package(self) -> Path | None:
        """The package `function/`, or the module `function.py`, in the folder or in its `src/`."""
        return find_package(self.folder)


def locate(app: Path, function_path: str = "") -> Workspace:
    """Find the function's folder in the application folder, below `function_path` if given.

    :raises FunctionFolderMissing: `function_path` names no folder of the application.
    """
    base = (app / function_path).resolve()
    if not base.is_dir() or not base.is_relative_to(app.resolve()):
        raise FunctionFolderMissing(function_path)
    base = app / function_path
    nested = base / names.NESTED_FUNCTION
    service = base / names.SCAFFOLDING
    if find_package(base) or not nested.is_dir() or not (service / "main.py").is_file():
        return Workspace(base, base / names.FUNC_YAML)
    return Workspace(
        nested,
        # func 0.48 moves func.yaml with the function, later versions leave it where it was.
        next(
            (path for folder in (nested, base) if (path := folder / names.FUNC_YAML).is_file()),
            nested / names.FUNC_YAML,
        ),
        scaffolding=(service, base / names.PYPROJECT),
    )


def find_package(folder: Path) -> Path | None:
    """Find the package or module `function` in a function's folder or in its `src/`."""
    for parent in (folder, folder / "src"):
        package = parent / names.PACKAGE
        if package.is_dir() and any(package.glob("*.py")):
            return package
        module = package.with_suffix(".py")
        if module.is_file():
            return module
    return None


def scaffolded_invoke(workspace: Workspace) -> str:
    """Return the invocation that func's scaffolding serves, for functions without func.yaml."""
    if not workspace.scaffolding:
        return ""
    service, _ = workspace.scaffolding
    text = (service / "main.py").read_text(encoding="utf-8", errors="replace")
    return names.INVOKE_CLOUDEVENT if "func_python.cloudevent" in text else names.INVOKE_HTTP
