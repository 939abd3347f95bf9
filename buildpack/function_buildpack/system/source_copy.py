"""Copies a source, so that code can change the copy.

Large files, such as models, become links, because they may be larger than all others together.
"""

import os
import shutil
import stat
from pathlib import Path

from function_buildpack import constants

# Larger files become links, and all files after so many copied bytes.
_LARGE, _MOST = 1 << 20, 64 << 20
_SKIPPED = (constants.GIT, "__pycache__")  # the build may be writing bytecode now


def make(folder: Path, place: Path, large: int = _LARGE, most: int = _MOST) -> None:
    """Copy a folder to a new place, without .git and bytecode.

    Links are copied as links, and pipes and sockets are skipped. Files of more than `large` bytes
    become links, and so do all files after `most` copied bytes.
    """
    left = most
    for parent, folders, files in os.walk(folder):
        here = place / os.path.relpath(parent, folder)
        here.mkdir(parents=True)
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in (*folders, *sorted({*files} - {*_SKIPPED})):
            left -= _copy(Path(parent, name), here / name, min(large, left))


def _copy(path: Path, to: Path, most: int) -> int:
    """Copy a file of at most so many bytes, or a link. Return the number of copied bytes."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        to.symlink_to(path.readlink())
    elif stat.S_ISREG(found.st_mode) and found.st_size <= most:
        shutil.copy(path, to)
        return found.st_size
    elif stat.S_ISREG(found.st_mode):
        to.symlink_to(path.absolute())
    return 0
