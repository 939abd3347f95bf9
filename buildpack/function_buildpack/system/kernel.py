"""Features of the Linux kernel for child processes: confine them, adopt orphaned ones.

`restrict` removes rights to files from the calling thread and the processes that it starts.

It uses Landlock (landlock(7), https://docs.kernel.org/userspace-api/landlock.html), which needs no
privilege. The default seccomp profiles of Docker, containerd and Podman allow it, but not the
namespaces that could hide folders. A ruleset lists the allowed folders. To close a folder, it lists
the siblings of that folder, and the siblings of each folder above it.
"""

import ctypes
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# The same numbers on all architectures since Linux 5.13.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_VERSION = 1
_PATH_BENEATH = 1
# Options of prctl(2). Landlock requires the second one.
_SUBREAPER, _NO_NEW_PRIVILEGES = 36, 38

# Before version 2 (Linux 5.19), files cannot be moved to another folder, which uv often does.
_OLDEST_VERSION = 2
_KNOWS_TRUNCATE, _KNOWS_SIGNALS = 3, 6

_READ_FILE = 1 << 2
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
# To create, remove, link and move entries of a folder.
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 14))
_SIGNALS = 1 << 1

Rights = dict[Path, int]


@dataclass(frozen=True)
class Confinement:
    """A process cannot read below `hidden`, and cannot write below `kept`, except `writable`."""

    hidden: tuple[Path, ...] = ()
    kept: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # implied by _pack_, but required by Python 3.14
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans() -> None:
    """Make this process the parent of its descendants whose own parent has exited."""
    _libc.prctl(_SUBREAPER, 1, 0, 0, 0)


def version() -> int:
    """Return the version of Landlock's interface. 0 or less if it is not available."""
    found: int = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _GET_VERSION)
    return found


def restrict(confinement: Confinement, found: int) -> bool:
    """Confine the calling thread permanently, with this version of the interface.

    Return whether it is confined. It can still change modes, owners and times, for which Landlock
    has no rights.
    """
    if found < _OLDEST_VERSION:
        return False
    truncating = _TRUNCATE if found >= _KNOWS_TRUNCATE else 0
    writing = _WRITE_FILE | _CHANGE_FOLDER | truncating
    attributes = _Ruleset(_READ_FILE | writing, 0, _SIGNALS)
    size = ctypes.sizeof(attributes) if found >= _KNOWS_SIGNALS else 8  # of the first field
    ruleset = _libc.syscall(_CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), 0)
    try:
        for path, rights in _rights(confinement, writing).items():
            _allow(ruleset, path, rights, _READ_FILE | _WRITE_FILE | truncating)
        _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return bool(_libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _rights(confinement: Confinement, writing: int) -> Rights:
    """Return the granted rights by path."""
    granted = Rights()
    for closed, right in ((confinement.hidden, _READ_FILE), (confinement.kept, writing)):
        for path in _around({place.resolve() for place in closed}, Path("/")):
            granted[path] = granted.get(path, 0) | right
    for path in confinement.writable:
        granted[path.resolve()] = _READ_FILE | writing
    return granted


def _around(closed: Collection[Path], folder: Path) -> Iterator[Path]:
    """Yield folders and files below a folder that together contain everything except `closed`."""
    if folder in closed:
        return
    if not any(path.is_relative_to(folder) for path in closed):
        yield folder
        return
    with suppress(PermissionError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_symlink():  # its target has another path
                yield from _around(closed, Path(entry.path))


def _allow(ruleset: int, path: Path, rights: int, of_files: int) -> None:
    with suppress(OSError):  # removed in the meantime, or not accessible for this user
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            allowed = rights if stat.S_ISDIR(os.fstat(opened).st_mode) else rights & of_files
            rule = _Beneath(allowed, opened)
            _libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
        finally:
            os.close(opened)
