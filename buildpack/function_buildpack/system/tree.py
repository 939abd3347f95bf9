"""Lists, digests and removes files and folders."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from function_buildpack import constants


def digest(parts: Iterable[bytes]) -> str:
    """Return a short digest of byte strings and their lengths."""
    result = hashlib.sha256()
    for part in parts:
        result.update(len(part).to_bytes(8))
        result.update(part)
    return result.hexdigest()[:32]


def identify(paths: Iterable[Path], app: Path) -> list[bytes]:
    """Return the paths of files, relative to the source, and digests of their contents."""
    root = app.resolve()
    found = sorted((_place(path, root), _content(path, root)) for path in paths)
    return [part for pair in found for part in pair]


def _place(path: Path, root: Path) -> bytes:
    """Return a path, relative to the source if it is inside."""
    return os.fsencode(path.relative_to(root) if path.is_relative_to(root) else path)


def _content(path: Path, root: Path) -> bytes:
    if path.is_dir():  # a link
        target = path.resolve()
        return _place(target if target.is_relative_to(root) else path.readlink(), root)
    with path.open("rb") as file:  # it may be large
        content = hashlib.file_digest(file, "sha256").digest()
    # A package keeps the mode of an executable file.
    return content + (b"x" if path.stat().st_mode & stat.S_IXUSR else b"")


def files(paths: Iterable[Path], app: Path) -> set[Path]:
    """Return files, and all files below folders, with resolved paths.

    A link to a folder is listed itself. Build backends follow it, so the files in the folder are
    listed as well, unless it is outside the source.
    """
    root, waiting = app.resolve(), [path.resolve() for path in paths]
    found, seen = set[Path](), set[Path]()
    while waiting:
        path = waiting.pop()
        if path.is_file():
            found.add(path)
        for entry in _walk(path, seen):
            found.add(entry)
            if entry.is_dir() and (target := entry.resolve()).is_relative_to(root):
                waiting.append(target)
    return found


def _walk(folder: Path, seen: set[Path]) -> Iterator[Path]:
    """Yield the files and the links to folders below a folder. No folder is walked twice."""
    for parent, folders, found in os.walk(folder):
        here = Path(parent)
        folders[:] = [name for name in folders if name != constants.GIT and here not in seen]
        if here not in seen:
            seen.add(here)
            yield from (link for name in folders if (link := here / name).is_symlink())
            files_here = (here / name for name in found if name != constants.GIT)
            yield from (file for file in files_here if file.is_file())


def remove(path: Path) -> None:
    """Remove a file, or a folder with its contents. It may not exist."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
