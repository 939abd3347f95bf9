"""The files that a user may have written, by their names: what is there, and what is meant."""

import difflib
from collections.abc import Collection
from pathlib import Path

from function_buildpack.log.errors.source import FileUnreadable


def check(path: Path) -> None:
    """See that a path is a file or nothing at all.

    :raises FileUnreadable: something else is there. To pass it over would lose what it states.
    """
    if path.is_symlink() and not path.exists():
        raise FileUnreadable(path, f"a link to {path.readlink()}, which is not there")
    if path.exists() and not path.is_file():
        raise FileUnreadable(path, "no file, but a folder or a special file")


def misnamed(folder: Path, read: Collection[str], others: Collection[str] = ()) -> dict[str, str]:
    """Return the files with nearly a name that is read, for those names that are not there.

    `others` are known to be something else.
    """
    there = {entry.name for entry in folder.iterdir() if entry.is_file()}
    wanted = {name.lower(): name for name in read if name not in there}
    return {
        name: wanted[alike[0]]
        for name in sorted(there.difference(read, others))
        if (alike := difflib.get_close_matches(name.lower(), wanted, 1, _ALIKE))
    }


# requirement.txt and func.yml are alike enough, requirements-dev.txt and requirements.in are not.
_ALIKE = 0.93
