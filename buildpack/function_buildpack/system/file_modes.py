"""Gives files the modes that git knows: everybody reads, the owner writes, some can be run.

What else a mode says is the umask of the machine that made the file: the same source would give
other bytes on another machine. And the image's user is another than the build's, or any
(OpenShift): what only its owner may read is closed to it.
"""

import os
import stat
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from function_buildpack.log.errors.source import FileUnreadable

_FILE, _PROGRAM = 0o644, 0o755  # a folder has the latter
_OF_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def settle(folder: Path) -> list[Path]:
    """Set the modes of all below a folder; return what not everybody could read.

    Links keep theirs, and so does what belongs to another user and can be read. The folder itself
    is opened too, and only its owner can write to it then: the image gets its mode as well.

    :raises FileUnreadable: something belongs to another user, who keeps it closed.
    """
    # Step by step: what a closed folder holds can be listed once it is open.
    return [path for path in chain([folder], _below(folder)) if _change(path)]


def writable(folder: Path) -> list[Path]:
    """Return what others than its owner can write to: it belongs to a user who left it so."""
    return [
        path
        for path in chain([folder], _below(folder))
        if not stat.S_ISLNK(mode := path.lstat().st_mode) and mode & _OF_OTHERS
    ]


def close(folder: Path) -> None:
    """Let nobody but its owner write to a folder that is ours, and open to everybody.

    What is in it stays as it is.
    """
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    everybody = mode & stat.S_IWOTH and not mode & stat.S_ISVTX
    if everybody and found.st_uid == os.geteuid():
        folder.chmod(mode & ~_OF_OTHERS)


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def _settled(found: int) -> int:
    return _PROGRAM if stat.S_ISDIR(found) or found & stat.S_IXUSR else _FILE


def _change(path: Path) -> bool:
    """Change a mode; say whether not everybody could read the file before."""
    found = path.lstat().st_mode
    mode, then = stat.S_IMODE(found), _settled(found)
    if stat.S_ISLNK(found) or mode == then:
        return False
    closed = then & 0o555 & ~mode != 0
    try:
        path.chmod(then)
    except PermissionError as error:
        if closed:
            problem = f"its mode is {stat.filemode(found)}, and it is another user's"
            raise FileUnreadable(path, problem) from error
        return False
    return closed
