"""Symbolic links into the cache. Several commands may create them at the same time."""

import tempfile
from pathlib import Path


def link(path: Path, target: Path | str) -> None:
    """Create a symbolic link, or replace an existing one without a moment between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink() and str(path.readlink()) == str(target):
        return
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        new = Path(folder, path.name)
        new.symlink_to(target)
        new.replace(path)
