"""Has Docker's disk forget what was removed before, which else slows what is built next.

An ext4 without a journal gives no file the inode of one that was removed in the last minute: for
each new file it looks at all of those, as far as it has them in memory (`recently_deleted` in
Linux' fs/ext4/ialloc.c). After some thousand removals, as between two builds here, a new file costs
half a millisecond more. With a journal, as almost every disk has one, nothing of that happens.
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
    """Have all written, and where removals would be remembered, have these forgotten.

    With them goes all that memory has of the disk. What is named here is read again: a machine that
    builds all day has it in memory.

    :raises BenchFailed: Docker does not answer, or only root could have anything forgotten.
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
    """Say whether a folder is on an ext4 without a journal.

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
