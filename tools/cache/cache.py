"""The cache: work that is done once, by the first clone and process that needs it."""

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tools import process
from tools.cache import keys
from tools.console import say

_UNUSED = 14 * 24 * 3600.0  # seconds after which unused entries are removed
_POLL = 0.1  # seconds between two tries to get a lock


@dataclass(frozen=True)
class Cache:
    """The folder of all downloads and builds."""

    folder: Path

    @property
    def logs(self) -> Path:
        """Return the folder of the programs' logs."""
        return self.folder / "logs"

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Lock the work of this name against other processes, of any clone.

        :raises Stopped: this command was stopped while it waited
        """
        locks = self.folder / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        # Programs that are started do not inherit the lock (PEP 446).
        with (locks / name).open("w") as lock:
            if not _taken(lock.fileno()):
                say(f"Waiting for another run that works on {re.sub(r'-[0-9a-f]+$', '', name)}")
                while not _taken(lock.fileno()):
                    process.check()
                    time.sleep(_POLL)
            yield

    def once(self, folder: Path, fill: Callable[[Path], None]) -> Path:
        """Return a complete folder. Create it if it does not exist.

        :param folder: its path; its name is the key of everything that decides its contents
        :param fill: fills an empty folder, which is renamed to `folder` when it is complete
        :raises Failure: `fill` failed, and the incomplete folder was removed
        """
        try:
            os.utime(folder)  # in use: see _forget_unused
        except FileNotFoundError:
            with self.locked(self._lock_name(folder)):
                if not folder.is_dir():  # otherwise another run was faster
                    _fill(folder, fill)
        return folder

    def _lock_name(self, folder: Path) -> str:
        if folder.is_relative_to(self.folder):
            return "-".join(folder.relative_to(self.folder).parts)
        # A path outside the cache may be too long for a file's name.
        return f"{folder.parent.name}-{keys.key({'folder': str(folder)})}"


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fill(folder: Path, fill: Callable[[Path], None]) -> None:
    parent = folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{folder.name}.half.*"):  # of a run that was killed
        shutil.rmtree(left)
    half = Path(tempfile.mkdtemp(prefix=f"{folder.name}.half.", dir=parent))
    try:
        fill(half)
        half.chmod(0o755)
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)
    _forget_unused(parent)


def _forget_unused(parent: Path) -> None:
    oldest = time.time() - _UNUSED
    for path in parent.iterdir():
        with suppress(FileNotFoundError):  # another run is at work here
            if path.stat().st_mtime < oldest:
                shutil.rmtree(path, ignore_errors=True)
