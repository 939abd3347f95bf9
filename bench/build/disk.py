"""Makes the kernel forget the files that were removed from Docker's disk: they slow the next build.

An ext4 without a journal never gives a new file the inode of a file that was removed in the last
minute. So for each new file, it checks all of these inodes that it has in memory
(`recently_deleted` in Linux' fs/ext4/ialloc.c). After some thousand removals, as between two builds
here, a new file takes half a millisecond more. A disk with a journal does not have this problem,
and almost all have one.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bench.build import process
from bench.errors import BenchFailed

_MOUNTS = Path("/proc/self/mountinfo")
_JOURNALS = Path("/proc/fs/jbd2")
_DROP = Path("/proc/sys/vm/drop_caches")


def settle(
    images: Iterable[str],
    volumes: Iterable[str],
    programs: Iterable[Path],
    environ: Mapping[str, str],
) -> None:
    """Write all data to the disk, and drop the page cache if the disk remembers removals.

    Then it reads the given images, volumes and programs again, because a machine that builds all
    day has them in memory.

    :raises BenchFailed: Docker does not answer, or this is not root, who can drop the cache.
    """
    os.sync()  # else the daemon's own syncs wait for what was written before
    ask = ["docker", "info", "--format", "{{.DockerRootDir}}"]
    root = Path(process.run(ask, environ=environ).output.strip())
    journals = [path.name for path in _JOURNALS.glob("*")]
    if not remembers(root, _MOUNTS.read_text(encoding="utf-8"), journals):
        return
    try:
        _DROP.write_text("1")
    except PermissionError as error:
        raise BenchFailed(f"{root} is on an ext4 without a journal. Run this as root.") from error
    places = [*_layers(images, environ), *_mounts(volumes, environ), *programs]
    for path in places:
        for file in [path, *path.rglob("*")]:
            if file.is_file() and not file.is_symlink():
                file.read_bytes()


def remembers(folder: Path, mounts: str, journals: Iterable[str]) -> bool:
    """Return whether a folder is on an ext4 without a journal.

    `mounts` are as in mountinfo (proc_pid_mountinfo(5)), `journals` as in /proc/fs/jbd2.
    """
    found = [line.split() for line in mounts.splitlines()]
    above = [fields for fields in found if folder.is_relative_to(fields[4])]
    if not above:
        return False
    fields = max(above, key=lambda fields: len(fields[4]))
    kind, device = fields[fields.index("-") + 1 :][:2]
    return kind == "ext4" and not any(name.startswith(f"{Path(device).name}-") for name in journals)


def _layers(images: Iterable[str], environ: Mapping[str, str]) -> Iterator[Path]:
    for image in images:
        ask = ["docker", "image", "inspect", "--format", "{{json .GraphDriver.Data}}", image]
        data = json.loads(process.run(ask, environ=environ).output) or {}
        for name in ("LowerDir", "UpperDir"):
            yield from (Path(folder) for folder in data.get(name, "").split(":") if folder)


def _mounts(volumes: Iterable[str], environ: Mapping[str, str]) -> Iterator[Path]:
    for volume in volumes:
        ask = ["docker", "volume", "inspect", "--format", "{{.Mountpoint}}", volume]
        yield Path(process.run(ask, environ=environ).output.strip())
