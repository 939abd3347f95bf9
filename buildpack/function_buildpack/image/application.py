"""Prepares the application folder for the image: removes needless files, compiles the others."""

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

# Files and folders that tools create in a source folder. Some are large (.func may contain a
# virtual environment of `func run`).
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
    """Remove files of tools, virtual environments and `also` from a folder; return their paths.

    Links are removed, not followed. Files of another user stay: func's scaffolding belongs to root,
    and a build runs as another user.
    """
    removed = [path for path in also if path.exists() and _remove(path)]
    return removed + _remove_all(folder, _is_leftover)


def remove_history(folder: Path) -> list[Path]:
    """Remove .git folders, which contain the whole history; return their paths.

    This is done after the installation, because some packages read their version from git.
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
    """Remove a file or folder. Return whether that was permitted."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    except PermissionError:
        return False
    return True


def stray_links(folder: Path) -> list[Path]:
    """Return the links that are broken or point outside the folder, and so fail in the image."""
    root = folder.resolve()
    return [path for path in _walk(folder) if path.is_symlink() and _is_stray(path, root)]


def _is_stray(link: Path, root: Path) -> bool:
    try:
        return not link.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # RuntimeError for a loop, before Python 3.13
        return True


# Each node downloads them before the function's first start.
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
