"""Keeps uv's downloads from package indexes in the archive of the installed packages.

uv's cache folder has each unpacked wheel below `archive-v…`, and hard links to its files in the
environment. Below `wheels-v…`, a symbolic link and a few files with the same stem identify the
wheel: its index, name, version and hashes. So the archive of an environment has nearly all files.
The missing ones are in an extra folder of the archive, with an index of all paths.

The bytecode of a wheel's sources is restored into another folder. It depends on the source, its
path, and the Python that compiled it.

Packages that uv has built, and those from a folder, a URL or a repository, are not kept: they may
change under the same name.
"""

import base64
import csv
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from function_buildpack.system import file_changes
from function_buildpack.system.file_changes import Identity, Snapshot
from function_buildpack.system.interpreter import Interpreter

FOLDER = ".downloads/"
_INDEX = FOLDER + "index.json"
# uv's buckets for package indexes. Others are for URLs and folders.
_POINTERS = ("wheels-v*/pypi/*/*", "wheels-v*/index/*/*/*")

# The folder of the restored bytecode. uv would install it if it were in an unpacked wheel.
_BYTECODE = ".bytecode"


@dataclass(frozen=True)
class RestoredDownloads:
    """What was restored into uv's cache: a number of packages, and source → bytecode."""

    packages: int = 0
    bytecode: Mapping[Path, Path] = field(default_factory=dict)

    def link(self, sources: Iterable[Path], python: Interpreter) -> set[Path]:
        """Link the bytecode of sources that uv has installed from there, and return the sources."""
        known = {_identity(source): code for source, code in self.bytecode.items()}
        places = {
            path: (python.bytecode(path), code)
            for path in sources
            if (code := known.get(_identity(path)))
        }
        for folder in {place.parent for place, _ in places.values()}:
            folder.mkdir(exist_ok=True)
        for place, code in places.values():
            _link(place, code)
        return set(places)


def _link(place: Path, code: Path) -> None:
    try:
        place.hardlink_to(code)
    except FileExistsError:  # the package contains its own
        place.unlink()
        place.hardlink_to(code)


@dataclass(frozen=True)
class UvDownloads:
    """uv's cache folder after an installation, and the Python of the bytecode.

    It is not `trusted` if packages were built: their code can change files of other packages.
    """

    cache: Path
    python: Interpreter
    trusted: bool = True


def keep(
    fetched: UvDownloads, archive: ZipFile, packed: Mapping[Identity, str], root: Path
) -> None:
    """Add the rest of the packed files' wheels to their archive, from uv's cache.

    `packed` has the name of each file in the archive. A hard link has the identity of its file.
    `root` is the folder that the bytecode is for.
    """
    members, python = set(packed.values()), fetched.python
    cache = fetched.cache.resolve()  # like the targets of the links
    files, links, bytecode = dict[str, str](), dict[str, str](), dict[str, str]()
    for link in _pointers(cache):
        unpacked = link.resolve()
        held = _files([unpacked])
        if packed.keys().isdisjoint(held.values()):
            continue
        if not (fetched.trusted or _is_as_recorded(unpacked, held)):
            continue
        links[str(link.relative_to(cache))] = os.fspath(link.readlink())
        pointers = [path for path in link.parent.glob(f"{link.name}.*") if path.suffix != ".lock"]
        for path, found in (held | _files(pointers)).items():
            place = path.removeprefix(f"{cache}/")
            name = packed.get(found, FOLDER + place)
            if name.startswith(FOLDER):
                archive.write(path, name)
            files[place] = name
            if name.endswith(".py") and (code := str(python.bytecode(Path(name)))) in members:
                bytecode[place] = code
    index = {"files": files, "links": links, "bytecode": bytecode, "for": _for(root, python)}
    archive.writestr(_INDEX, json.dumps(index))


def _files(places: Iterable[Path]) -> Snapshot:
    """Return the files among these places and below them. Wheels contain no links."""
    found = file_changes.snapshot(places)
    return {path: each for path, each in found.items() if stat.S_ISREG(each[0])}


def _is_as_recorded(unpacked: Path, held: Collection[str]) -> bool:
    """Return whether the files of a wheel are those of its RECORD (PEP 376), with its digests.

    A change of the RECORD itself is not detected (docs/adr/0020).
    """
    (record,) = unpacked.glob("*.dist-info/RECORD")
    rows = csv.reader(record.read_text(encoding="utf-8").splitlines())
    digests = {str(unpacked / row[0]): row[1] for row in rows if row}
    # Some tools write no digests, and the RECORD has none for itself.
    return digests.keys() == set(held) and all(
        digest in ("", _digest(Path(path))) for path, digest in digests.items()
    )


def _digest(path: Path) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256={digest.rstrip(b'=').decode()}"


def restore(
    archive: Path, large: Path, cache: Path, root: Path, python: Interpreter
) -> RestoredDownloads:
    """Restore uv's downloads from an archive, and bytecode if it is for this Python.

    `large` is the folder with the archive's large files. They are copied: a link would change the
    files of the cached layer, which must not change while uv may run code of packages.

    If the archive cannot be read, nothing is restored, and uv downloads the packages.
    """
    try:
        with ZipFile(archive) as packed:
            index = json.loads(packed.read(_INDEX))
            bytecode = index["bytecode"] if index["for"] == _for(root, python) else {}
            _unpack(packed, large, index["files"], cache)
            _unpack(packed, large, bytecode, cache / _BYTECODE)
    except (BadZipFile, KeyError):
        return RestoredDownloads()
    for place, target in index["links"].items():
        (cache / place).symlink_to(target)
    compiled = {cache / place: cache / _BYTECODE / place for place in bytecode}
    return RestoredDownloads(len(index["links"]), compiled)


def _unpack(packed: ZipFile, large: Path, files: Mapping[str, str], place: Path) -> None:
    for folder in {file.rpartition("/")[0] for file in files}:
        (place / folder).mkdir(parents=True, exist_ok=True)
    linked = {path.removeprefix(f"{large}/") for path in _files([large])}
    for file, name in files.items():
        path = place / file
        if name in linked:
            shutil.copy(large / name, path)
            continue
        path.write_bytes(packed.read(name))
        path.chmod(packed.getinfo(name).external_attr >> 16)


def _for(root: Path, python: Interpreter) -> str:
    return f"{python.identity or python.version} {root}"


def _pointers(cache: Path) -> Iterator[Path]:
    for pattern in _POINTERS:
        yield from (path for path in sorted(cache.glob(pattern)) if path.is_symlink())


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
