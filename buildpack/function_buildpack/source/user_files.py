"""Checks files of the user by their names: special files, and misspelt names."""

import difflib
from collections.abc import Collection
from pathlib import Path

from function_buildpack.log.errors.source import FileUnreadable


def check(path: Path) -> None:
    """Check that a path is a regular file or does not exist.

    :raises FileUnreadable: it is something else. To ignore it would lose what the user declares.
    """
    if path.is_symlink() and not path.exists():
        raise FileUnreadable(path, f"a link to {path.readlink()}, which does not exist")
    if path.exists() and not path.is_file():
        raise FileUnreadable(path, "a folder or a special file")


def misnamed(folder: Path, read: Collection[str]) -> dict[str, str]:
    """Return files whose name is similar to the name of a missing file that the build reads."""
    there = {entry.name for entry in folder.iterdir() if entry.is_file()}
    wanted = {name.lower(): name for name in read if name not in there}
    return {
        name: wanted[alike[0]]
        for name in sorted(there.difference(read))
        if (alike := difflib.get_close_matches(name.lower(), wanted, 1, _ALIKE))
    }


# requirement.txt and func.yml are similar enough, requirements-dev.txt and requirements.in are not.
_ALIKE = 0.93
