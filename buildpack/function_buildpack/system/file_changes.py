"""Finds changes in folders, which code of users may have made there.

The kernel sets a file's change time (ctime) whenever its content, mode, owner or name changes, and
no program can set it back (inode(7)).
"""

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Mode and inode number, and for files also the size and change time. The contents of a folder are
# compared by themselves.
Identity = tuple[int, ...]
Snapshot = dict[str, Identity]


@dataclass(frozen=True)
class Changes:
    """Changed or removed files, and new ones. Of a new folder, only the folder itself."""

    changed: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def snapshot(folders: Iterable[Path], without: Collection[str] = ()) -> Snapshot:
    """Return the identities of folders and everything below them. Links are not followed.

    Files and folders with a name in `without` are skipped.
    """
    found = Snapshot()
    for folder in folders:
        with suppress(FileNotFoundError):
            found[str(folder)] = identity(folder.lstat())
            _add(found, str(folder), without)
    return found


def _add(found: Snapshot, folder: str, without: Collection[str]) -> None:
    with suppress(OSError), os.scandir(folder) as entries:  # unreadable now, which its mode shows
        for entry in entries:
            if entry.name in without:
                continue
            found[entry.path] = identity(entry.stat(follow_symlinks=False))
            if entry.is_dir(follow_symlinks=False):
                _add(found, entry.path, without)


def identity(found: os.stat_result) -> Identity:
    """Return values that differ for different files, and before and after a change."""
    kind = (found.st_mode, found.st_ino)
    return kind if stat.S_ISDIR(found.st_mode) else (*kind, found.st_size, found.st_ctime_ns)


def between(before: Mapping[str, Identity], after: Mapping[str, Identity]) -> Changes:
    """Return what has changed between two snapshots."""
    changed = [path for path, found in before.items() if after.get(path) != found]
    new = after.keys() - before.keys()
    tops = [path for path in new if os.path.dirname(path) not in new]  # noqa: PTH120 -- for each file
    return Changes(tuple(sorted(changed)), tuple(sorted(tops)))
