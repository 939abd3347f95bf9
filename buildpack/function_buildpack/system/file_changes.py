"""Finds what has changed in folders while code ran there that is not the build's own.

The kernel sets a file's time of change (ctime) whenever its content, mode, owner or name changes,
and no program can set it back (inode(7)).
"""

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Of a folder its mode and number, for what is in it is compared by itself; of all else also its
# size and time of change.
Identity = tuple[int, ...]
Snapshot = dict[str, Identity]


@dataclass(frozen=True)
class Changes:
    """What has changed or is gone, and what is new; of a new folder only itself."""

    changed: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


def snapshot(folders: Iterable[Path], without: Collection[str] = ()) -> Snapshot:
    """Return the identity of the folders and of all that is below them; links are not followed.

    What has one of the names in `without` does not count.
    """
    found = Snapshot()
    for folder in folders:
        with suppress(FileNotFoundError):
            found[str(folder)] = identity(folder.lstat())
            _add(found, str(folder), without)
    return found


def _add(found: Snapshot, folder: str, without: Collection[str]) -> None:
    with suppress(OSError), os.scandir(folder) as entries:  # closed meanwhile, which its mode tells
        for entry in entries:
            if entry.name in without:
                continue
            found[entry.path] = identity(entry.stat(follow_symlinks=False))
            if entry.is_dir(follow_symlinks=False):
                _add(found, entry.path, without)


def identity(found: os.stat_result) -> Identity:
    """Return what tells a file from another one, or from itself before a change."""
    kind = (found.st_mode, found.st_ino)
    return kind if stat.S_ISDIR(found.st_mode) else (*kind, found.st_size, found.st_ctime_ns)


def between(before: Mapping[str, Identity], after: Mapping[str, Identity]) -> Changes:
    """Return what has changed between two snapshots."""
    changed = [path for path, found in before.items() if after.get(path) != found]
    new = after.keys() - before.keys()
    tops = [path for path in new if os.path.dirname(path) not in new]  # noqa: PTH120 -- for each file
    return Changes(tuple(sorted(changed)), tuple(sorted(tops)))
