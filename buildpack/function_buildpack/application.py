"""Makes the application folder what the image needs: no more files, readable, precompiled."""

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from function_buildpack import bytecode, project

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

    Links are removed, never followed.
    """
    removed = [path for path in also if path.exists()]
    for parent, folders, files in os.walk(folder):
        found = [name for name in (*folders, *files) if _is_leftover(Path(parent, name))]
        removed += [Path(parent, name) for name in sorted(found)]
        folders[:] = [name for name in folders if name not in found]
    for path in removed:
        _remove(path)
    return removed


def _is_leftover(path: Path) -> bool:
    return path.name in _LEFTOVERS or (path / "pyvenv.cfg").is_file()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


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


@dataclass(frozen=True)
class Compiled:
    """How many files were compiled, and which do not compile; those are not the function's."""

    count: int
    broken: list[Path]


def compile_sources(folder: Path, package: Path) -> Compiled:
    """Compile every Python file of the application.

    :raises SyntaxInvalid: a file of the function's package does not compile.
    """
    own = list(project.sources(package))
    for path in own:
        bytecode.compile_source(path)
    others = [path for path in project.sources(folder) if path not in set(own)]
    count, broken = bytecode.compile_all(others)
    return Compiled(count + len(own), broken)
