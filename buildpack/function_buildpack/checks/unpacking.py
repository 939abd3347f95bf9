"""Runs a module with packages from zip archives: `unpacking.py ROOT SITE ARCHIVE... -- MODULE ...`.

A script for the function's interpreter, with the standard library only. An archive has the files of
a layer, relative to the folder of layers. They are unpacked below ROOT, and SITE is the
site-packages folder among them. A distribution is unpacked at its first import: most installed
packages are not imported, and writing many files takes time. With --all before ROOT, everything is
unpacked, because some packages read files of others.

Large files are next to the archive, in a folder of its name without the suffix. They are linked to.
With --all they are copied: some packages look for files next to the target of a link.
"""

import csv
import importlib
import os
import runpy
import shutil
import site
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from zipfile import ZipFile

_ALL = "--all"
_DOWNLOADS = ".downloads/"  # for uv's cache: see uv_cache.py
_RECORD = ".dist-info/RECORD"


class Archive:
    """Unpacks a distribution before the first import of one of its modules.

    A meta path finder without a base class: the import of importlib.abc takes as long as all other
    imports here.
    """

    def __init__(self, path: Path, root: Path, place: Callable[[Path, Path], object]) -> None:
        self._archive = archive = ZipFile(path)
        self._root = root
        # Puts a large file into its place.
        self._place = place
        self._large = _large_files(path.with_suffix(""))
        names = [name for name in archive.namelist() if not name.startswith(_DOWNLOADS)]
        self._names = [*names, *self._large]
        self._packed = {*self._names}
        self._distributions, self._others = _distributions(archive, self._names)

    def unpack_others(self) -> None:
        """Unpack files of no distribution: .pth files, copied packages."""
        self._unpack(self._others)

    def unpack_all(self) -> None:
        """Unpack everything."""
        self._unpack(self._names)

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Unpack the distribution of a top-level module. The next finders then find the module."""
        del target
        if path is None and fullname in self._distributions:
            self._unpack(self._distributions.pop(fullname))
            importlib.invalidate_caches()

    def _unpack(self, members: Iterable[str]) -> None:
        for member in members:
            if member not in self._packed:
                continue  # distributions can share a folder, such as __pycache__
            self._packed.remove(member)
            if large := self._large.get(member):
                target = self._root / member
                target.parent.mkdir(parents=True, exist_ok=True)
                self._place(large, target)
            else:
                self._archive.extract(member, self._root)


def _large_files(folder: Path) -> dict[str, Path]:
    """Return the large files by their names in the archive."""
    paths = (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)
    return {str(path.relative_to(folder)): path for path in paths}


def _link(path: Path, target: Path) -> None:
    target.symlink_to(path)


def _copy(path: Path, target: Path) -> None:
    target.unlink(missing_ok=True)  # the link of a start before this one
    shutil.copy(path, target)


def _distributions(archive: ZipFile, names: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Return top-level name → members of the archive, and the members of no distribution."""
    records = [name for name in names if name.endswith(_RECORD)]
    folder = records[0].rpartition("/")[0].rpartition("/")[0] + "/" if records else ""
    by_entry: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        by_entry[name.removeprefix(folder).partition("/")[0]].append(name)
    distributions: defaultdict[str, list[str]] = defaultdict(list)
    owned = set[str]()
    for record in records:
        entries = set(_entries(archive.read(record).decode()))
        members = [member for entry in entries for member in by_entry[entry]]
        owned.update(members)
        for module in {entry.partition(".")[0] for entry in entries}:
            distributions[module] += members
    return distributions, [name for name in names if name not in owned]


def _entries(record: str) -> Iterator[str]:
    """Yield the top-level files and folders of a distribution, from its RECORD."""
    for path, *_ in csv.reader(record.splitlines()):
        if not path.startswith(("..", "/")):
            yield path.partition("/")[0]


def main(arguments: list[str]) -> None:
    """Run the module in this process."""
    whole = arguments[0] == _ALL
    places, command = _split(arguments[whole:])
    root, packages, *archives = places
    for path in archives:
        archive = Archive(Path(path), Path(root), _copy if whole else _link)
        if whole:
            archive.unpack_all()
        else:
            archive.unpack_others()
            sys.meta_path.insert(0, archive)
    site.addsitedir(str(Path(root, packages)))
    sys.path.insert(0, "")
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    at = arguments.index("--")
    return arguments[:at], arguments[at + 1 :]


if __name__ == "__main__":
    main(sys.argv[1:])
