"""Makes the application folder what the image needs: no more files, and precompiled."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from function_buildpack import constants
from function_buildpack.image import bytecode
from function_buildpack.image.bytecode import Compiled
from function_buildpack.source import python_files
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Runner

# What tools leave in a source folder. None of it is the function's, some of it is large (.func may
# hold a virtual environment of `func run`).
_LEFTOVERS = frozenset(
    {
        ".DS_Store",
        ".func",
        ".hypothesis",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        "__pycache__",
    }
)


def remove_leftovers(folder: Path, also: tuple[Path, ...] = ()) -> list[Path]:
    """Remove what tools left in the folder, virtual environments, and `also`; return what it was.

    Links are removed, never followed. What belongs to another user stays: func's scaffolding is
    root's, and a build has a user of its own.
    """
    removed = [path for path in also if path.exists() and _remove(path)]
    return removed + _remove_all(folder, _is_leftover)


def remove_history(folder: Path) -> list[Path]:
    """Remove what git keeps, which is every file that ever was; return where it was.

    After the installation: some packages have their version from it.
    """
    return _remove_all(folder, lambda path: path.name == constants.GIT)


def _remove_all(folder: Path, is_unwanted: Callable[[Path], bool]) -> list[Path]:
    removed = []
    for parent, folders, files in os.walk(folder):
        here = [name for name in (*folders, *files) if is_unwanted(Path(parent, name))]
        removed += [path for name in sorted(here) if _remove(path := Path(parent, name))]
        folders[:] = [name for name in folders if name not in (*here, constants.GIT)]
    return removed


def _is_leftover(path: Path) -> bool:
    return path.name in _LEFTOVERS or (path / "pyvenv.cfg").is_file()


def _remove(path: Path) -> bool:
    """Remove a file or folder; say whether that was allowed."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except PermissionError:
        return False
    return True


def stray_links(folder: Path) -> list[Path]:
    """Return the links that lead nowhere or out of the folder: the image lacks what they mean."""
    root = folder.resolve()
    return [path for path in _walk(folder) if path.is_symlink() and _is_stray(path, root)]


def _is_stray(link: Path, root: Path) -> bool:
    try:
        return not link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # before Python 3.13 the latter for a loop
        return True


# Each node pulls them before the function's first start.
_LARGE = 100 << 20


def large_files(folder: Path) -> dict[Path, int]:
    """Return the large files of a folder with their sizes in bytes, the largest first."""
    sizes = {path: path.lstat().st_size for path in _walk(folder) if path.is_file()}
    large = [(path, size) for path, size in sizes.items() if size >= _LARGE]
    return dict(sorted(large, key=lambda item: (-item[1], item[0])))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def compile_sources(folder: Path, package: Path, python: Interpreter, run: Runner) -> Compiled:
    """Compile every Python file of the application.

    :raises SyntaxInvalid: a file of the function's package does not compile.
    """
    own = frozenset(python_files.sources(package))
    compiled = bytecode.compile_sources([*python_files.sources(folder)], python, run)
    for error in compiled.broken:
        if error.path in own:
            raise error
    return compiled
