"""Where the function is. `func` sends it in other shapes than it has on the user's disk.

Raw: the application folder is the function's, perhaps with what func keeps in `.func/`. Nested:
func moved the function into `fn/` and wrote a `service/` package for its own middleware beside it,
with what that needs; our runtime takes its place. func does so before the build (0.48, and newer
ones on a cluster) or in a buildpack before ours, that is after detect (newer ones on a machine).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from function_buildpack import constants
from function_buildpack.log.errors.source import FunctionFolderMissing

# What service/main.py imports, by which it is told from a folder of the author's with that name.
_MIDDLEWARE = "func_python"
# What func writes beside fn/ (its pkg/scaffolding and pkg/buildpacks), and f, a link to fn/.
_SCAFFOLDED = (
    constants.SCAFFOLDING,
    constants.PYPROJECT,
    "Procfile",
    "README.md",
    "ca-certificates.crt",
    "f",
)
# What its build on a cluster leaves with the function (its cmd/func-util).
_MIDDLEWARE_VERSION = "middleware-version"


@dataclass(frozen=True)
class Workspace:
    """The source, in it the function's folder, func.yaml (perhaps) and func's scaffolding (too)."""

    app: Path
    folder: Path
    func_yaml: Path
    scaffolding: tuple[Path, ...] = ()
    # The invocation that the scaffolding serves, for functions without func.yaml.
    scaffolded_invoke: str = ""

    @property
    def package(self) -> Path | None:
        """The package `function/`, or the module `function.py`, in the folder or in its `src/`."""
        return find_package(self.folder)

    @property
    def shadowed(self) -> tuple[Path, ...]:
        """Others that could be it, which Python does not look for once it has found that one."""
        return tuple(_packages(self.folder))[1:]


def locate(app: Path, function_path: str = "") -> Workspace:
    """Find the function's folder in the application folder, below `function_path` if given.

    :raises FunctionFolderMissing: `function_path` names no folder of the application.
    """
    service = _service(app)
    root = app / constants.NESTED_FUNCTION if service else app
    folder = root / function_path
    if not folder.is_dir() or not folder.resolve().is_relative_to(app.resolve()):
        raise FunctionFolderMissing(function_path)
    if not service:
        return Workspace(app, folder, folder / constants.FUNC_YAML)
    # func 0.48 moves func.yaml with the function, later versions leave it where it was.
    stated = (path for place in (folder, app) if (path := place / constants.FUNC_YAML).is_file())
    written = (*(app / name for name in _SCAFFOLDED), root / _MIDDLEWARE_VERSION)
    return Workspace(
        app,
        folder,
        next(stated, folder / constants.FUNC_YAML),
        scaffolding=tuple(path for path in written if path.exists()),
        scaffolded_invoke=(
            constants.INVOKE_CLOUDEVENT
            if f"{_MIDDLEWARE}.cloudevent" in service
            else constants.INVOKE_HTTP
        ),
    )


def _service(app: Path) -> str:
    """Return func's service/main.py, if it wrote one beside a function that it moved."""
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
