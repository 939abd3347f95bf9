"""Symbolic links into the cache, which several commands may make at the same time."""

import tempfile
from pathlib import Path


def link(path: Path, target: Path | str) -> None:
    """Make a symbolic link, in place of one that is there; at no time is there none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() and str(path.readlink()) == str(target):
        return
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        new = Path(folder, path.name)
        new.symlink_to(target)
        new.replace(path)
