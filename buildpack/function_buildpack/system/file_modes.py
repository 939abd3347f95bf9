"""Sets the modes of files to those that git has: 644, or 755 for executables.

Other differences come from the umask of the machine that created a file, and the same source would
give different images on different machines. The image's user is not the build's user, and may be
any user (OpenShift), so it could not read files that only their owner can read.
"""

import os
import stat
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from function_buildpack.log.errors.source import FileUnreadable

_FILE, _PROGRAM = 0o644, 0o755  # folders have the second one
_OF_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def normalize(folder: Path) -> list[Path]:
    """Set the modes of a folder and everything below; return what not everybody could read before.

    Links keep their modes, and so do readable files of another user.

    :raises FileUnreadable: a file belongs to another user, and not everybody can read it.
    """
    # One by one: a closed folder can be listed only after its mode was set.
    return [path for path in chain([folder], _below(folder)) if _change(path)]


def writable(folder: Path) -> list[Path]:
    """Return the files and folders that other users than the owner can write to."""
    return [
        path
        for path in chain([folder], _below(folder))
        if not stat.S_ISLNK(mode := path.lstat().st_mode) and mode & _OF_OTHERS
    ]


def close(folder: Path) -> None:
    """Make a folder writable by its owner only, if it is ours and writable by everybody.

    Its contents stay as they are.
    """
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    everybody = mode & stat.S_IWOTH and not mode & stat.S_ISVTX
    if everybody and found.st_uid == os.geteuid():
        folder.chmod(mode & ~_OF_OTHERS)


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def _normal(found: int) -> int:
    return _PROGRAM if stat.S_ISDIR(found) or found & stat.S_IXUSR else _FILE


def _change(path: Path) -> bool:
    """Set a file's mode. Return whether not everybody could read the file before."""
    found = path.lstat().st_mode
    mode, then = stat.S_IMODE(found), _normal(found)
    if stat.S_ISLNK(found) or mode == then:
        return False
    closed = then & 0o555 & ~mode != 0
    try:
        path.chmod(then)
    except PermissionError as error:
        if closed:
            problem = f"its mode is {stat.filemode(found)}, and another user owns it"
            raise FileUnreadable(path, problem) from error
        return False
    return closed
