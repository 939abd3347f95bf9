"""Makes the application folder what the image needs: no more files, readable, precompiled."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from function_buildpack import bytecode, project
from function_buildpack.bytecode import Compiled
from function_buildpack.interpreter import Interpreter
from function_buildpack.process import Runner

# What tools leave in a source folder. None of it is the function's, some of it is large (.func may
# hold a virtual environment of `func run`), and .git holds every file that ever was.
_LEFTOVERS = frozenset(
    {
        ".DS_Store",
        ".func",
        ".git",
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
    found = [path for path in also if path.exists()]
    for parent, folders, files in os.walk(folder):
        here = [name for name in (*folders, *files) if _is_leftover(Path(parent, name))]
        found += [Path(parent, name) for name in sorted(here)]
        folders[:] = [name for name in folders if name not in here]
    return [path for path in found if _remove(path)]


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


def make_readable(folder: Path) -> list[Path]:
    """Let every user read every file; return those that not everybody could.

    The image's user is another than the build's, and platforms may choose any (OpenShift does).
    """
    changed = []
    for path in (folder, *_walk(folder)):
        mode = stat.S_IMODE(path.lstat().st_mode)
        wanted = mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444)
        if wanted != mode and not path.is_symlink():
            path.chmod(wanted)
            changed.append(path)
    return changed


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def compile_sources(folder: Path, package: Path, python: Interpreter, run: Runner) -> Compiled:
    """Compile every Python file of the application.

    :raises SyntaxInvalid: a file of the function's package does not compile.
    """
    own = frozenset(project.sources(package))
    compiled = bytecode.compile_sources([*project.sources(folder)], python, run)
    for error in compiled.broken:
        if error.path in own:
            raise error
    return compiled
