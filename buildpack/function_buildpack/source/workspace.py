"""Finds the function in the source. `func` changes the layout of the user's folder.

Raw: the application folder is the function's, and may have func's files in `.func/`. Nested: func
moved the function into `fn/`, and created a package `service/` for its middleware next to it. Our
runtime replaces that package. func does so before the build (0.48, and later versions on a
cluster), or in a buildpack before ours, after detection (later versions on a local machine).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from function_buildpack import constants
from function_buildpack.log.errors.source import FunctionFolderMissing

# service/main.py imports this module. An author's own folder "service" does not.
_MIDDLEWARE = "func_python"
# Files that func creates next to fn/ (its pkg/scaffolding and pkg/buildpacks). f is a link to fn/.
_SCAFFOLDED = (
    constants.SCAFFOLDING,
    constants.PYPROJECT,
    "Procfile",
    "README.md",
    "ca-certificates.crt",
    "f",
)
# A file that its build on a cluster creates in the function's folder (its cmd/func-util).
_MIDDLEWARE_VERSION = "middleware-version"


@dataclass(frozen=True)
class Workspace:
    """The source, with the function's folder, its func.yaml and func's scaffolding, if any."""

    app: Path
    folder: Path
    func_yaml: Path
    scaffolding: tuple[Path, ...] = ()
    # The invocation in the scaffolding, for functions without func.yaml.
    scaffolded_invoke: str = ""

    @property
    def package(self) -> Path | None:
        """The package `function/`, or the module `function.py`, in the folder or in its `src/`."""
        return find_package(self.folder)

    @property
    def shadowed(self) -> tuple[Path, ...]:
        """Other packages and modules `function`, which Python does not find."""
        return tuple(_packages(self.folder))[1:]


def locate(app: Path, function_path: str = "") -> Workspace:
    """Find the function's folder in the application folder, at `function_path` if given.

    :raises FunctionFolderMissing: `function_path` is not a folder of the application.
    """
    service = _service(app)
    root = app / constants.NESTED_FUNCTION if service else app
    folder = root / function_path
    if not folder.is_dir() or not folder.resolve().is_relative_to(app.resolve()):
        raise FunctionFolderMissing(function_path)
    if not service:
        return Workspace(app, folder, folder / constants.FUNC_YAML)
    # func 0.48 moves func.yaml with the function. Later versions do not.
    found = (path for place in (folder, app) if (path := place / constants.FUNC_YAML).is_file())
    written = (*(app / name for name in _SCAFFOLDED), root / _MIDDLEWARE_VERSION)
    return Workspace(
        app,
        folder,
        next(found, folder / constants.FUNC_YAML),
        scaffolding=tuple(path for path in written if path.exists()),
        scaffolded_invoke=(
            constants.INVOKE_CLOUDEVENT
            if f"{_MIDDLEWARE}.cloudevent" in service
            else constants.INVOKE_HTTP
        ),
    )


def _service(app: Path) -> str:
    """Return the text of func's service/main.py, if func moved the function."""
    main = app / constants.SCAFFOLDING / "main.py"
    if find_package(app) or not (app / constants.NESTED_FUNCTION).is_dir() or not main.is_file():
        return ""
    text = main.read_text(encoding="utf-8", errors="replace")
    return text if _MIDDLEWARE in text else ""


def find_package(folder: Path) -> Path | None:
    """Find the package or module `function` in a function's folder or in its `src/`."""
    return next(_packages(folder), None)


def _packages(folder: Path) -> Iterator[Path]:
    for parent in (folder, folder / "src"):
        package = parent / constants.PACKAGE
        if package.is_dir() and any(package.glob("*.py")):
            yield package
        module = package.with_suffix(".py")
        if module.is_file():
            yield module
