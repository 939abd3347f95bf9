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

from function_buildpack.errors import FileUnreadable

_FILE, _PROGRAM = 0o644, 0o755  # a folder has the latter


def settle(folder: Path) -> list[Path]:
    """Set the modes of a folder and of all below it; return what not everybody could read.

    Links keep theirs, and so does what belongs to another user and can be read.

    :raises FileUnreadable: something belongs to another user, who keeps it closed.
    """
    # Step by step: what a closed folder holds can be listed once it is open.
    return [path for path in chain([folder], _below(folder)) if _settle(path)]


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def _settle(path: Path) -> bool:
    """Set a mode; say whether not everybody could read the file before."""
    found = path.lstat().st_mode
    mode = stat.S_IMODE(found)
    wanted = _PROGRAM if stat.S_ISDIR(found) or mode & stat.S_IXUSR else _FILE
    if stat.S_ISLNK(found) or mode == wanted:
        return False
    closed = wanted & 0o555 & ~mode != 0
    try:
        path.chmod(wanted)
    except PermissionError as error:
        if closed:
            problem = f"its mode is {stat.filemode(found)}, and it is another user's"
            raise FileUnreadable(path, problem) from error
        return False
    return closed
