"""Copies a source, so that code may do there what it likes.

Large files, models say, are not copied but linked to: they may be more than all else together.
"""

import os
import shutil
import stat
from pathlib import Path

from function_buildpack import constants

# Larger files are linked to, and all files once so many bytes have been copied.
_LARGE, _MOST = 1 << 20, 64 << 20
_LEFT_OUT = (constants.GIT, "__pycache__")  # the latter may just be written


def make(folder: Path, place: Path, large: int = _LARGE, most: int = _MOST) -> None:
    """Copy a folder to a place that is not there yet, without what git keeps and bytecode.

    Links stay as they are, pipes and sockets are left out. Files of more than `large` bytes are
    linked to, and all files once `most` bytes have been copied.
    """
    left = most
    for parent, folders, files in os.walk(folder):
        here = place / os.path.relpath(parent, folder)
        here.mkdir(parents=True)
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in (*folders, *sorted({*files} - {*_LEFT_OUT})):
            left -= _copy(Path(parent, name), here / name, min(large, left))


def _copy(path: Path, to: Path, most: int) -> int:
    """Copy a file of at most so many bytes, or a link; return how many bytes that has copied."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        to.symlink_to(path.readlink())
    elif stat.S_ISREG(found.st_mode) and found.st_size <= most:
        shutil.copy(path, to)
        return found.st_size
    elif stat.S_ISREG(found.st_mode):
        to.symlink_to(path.absolute())
    return 0
