"""Layers as archives: the same files are the same bytes."""

from pathlib import Path

from tools import process

# The date that buildpacks give to what has none: 1980-01-01T00:00:01Z.
EPOCH = "315532801"
TAR = ("tar", "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--format=gnu")


def layer(root: Path, archive: Path) -> None:
    """Write a layer of all that is in a folder: for everybody to read, and root's.

    :raises Failure: tar fails
    """
    process.call(["chmod", "-R", "u=rwX,go=rX", root])
    if (root / "tmp").is_dir():
        (root / "tmp").chmod(0o1777)
    process.call([*TAR, f"--mtime=@{EPOCH}", "-C", root, "-cf", archive, "."])
