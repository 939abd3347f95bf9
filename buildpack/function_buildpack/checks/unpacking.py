"""Runs a module with packages from zip archives: `unpacking.py ROOT SITE ARCHIVE... -- MODULE ...`.

A script for the function's interpreter, with the standard library only. An archive has the files of
a layer, relative to the folder of layers. They are unpacked below ROOT, and SITE is the
site-packages folder among them. A distribution is unpacked at its first import: most installed
packages are not imported, and writing many files takes time. With --all before ROOT, everything is
unpacked, because some packages read files of others.
"""

import csv
import importlib
import runpy
import site
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
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

    def __init__(self, archive: ZipFile, root: Path) -> None:
        self._archive = archive
        self._root = root
        self._names = [name for name in archive.namelist() if not name.startswith(_DOWNLOADS)]
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
            self._archive.extract(member, self._root)


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
        for entry in entries:
            distributions[entry.partition(".")[0]] += members
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
        archive = Archive(ZipFile(path), Path(root))
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
