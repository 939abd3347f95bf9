"""What uv has fetched from package indexes, kept in the archive of the packages it installed.

uv's cache folder has each wheel unpacked below `archive-v…`, and links its files into the
environment. Below `wheels-v…` a symbolic link and a few files of the same stem say which wheel that
is: its index, name, version and hashes. So an archive of the environment has nearly all; what it
lacks is added below a folder of its own, with an index of what goes where.

What uv has built itself is not kept, nor what is from a folder, a URL or a repository: that may
have changed under the same name.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from zipfile import BadZipFile, ZipFile

FOLDER = ".downloads/"
_INDEX = FOLDER + "index.json"
# The buckets of package indexes; others are of URLs and of folders.
_POINTERS = ("wheels-v*/pypi/*/*", "wheels-v*/index/*/*/*")


def keep(cache: Path, archive: ZipFile, packed: Mapping[Path, str]) -> None:
    """Add what uv's cache has of the packed files' wheels to the archive that holds these files."""
    names = {_identity(path): name for path, name in packed.items()}
    cache = cache.resolve()  # as the links lead to it
    files, links = dict[str, str](), dict[str, str]()
    for link in _pointers(cache):
        unpacked = link.resolve()
        held = [path for path in unpacked.rglob("*") if path.is_file()]
        if not any(_identity(path) in names for path in held):
            continue
        links[str(link.relative_to(cache))] = os.fspath(link.readlink())
        beside = (path for path in link.parent.glob(f"{link.name}.*") if path.suffix != ".lock")
        for path in (*held, *beside):
            place = str(path.relative_to(cache))
            name = names.get(_identity(path), FOLDER + place)
            if name.startswith(FOLDER):
                archive.write(path, name)
            files[place] = name
    archive.writestr(_INDEX, json.dumps({"files": files, "links": links}))


def restore(archive: Path, cache: Path) -> int:
    """Put what an archive has kept into uv's cache folder, and return of how many packages.

    One that cannot be read gives none: uv fetches what it does not find.
    """
    try:
        with ZipFile(archive) as packed:
            index = json.loads(packed.read(_INDEX))
            for folder in {(cache / place).parent for place in index["files"]}:
                folder.mkdir(parents=True, exist_ok=True)
            for place, name in index["files"].items():
                path = cache / place
                path.write_bytes(packed.read(name))
                path.chmod(packed.getinfo(name).external_attr >> 16)
    except (BadZipFile, KeyError):
        return 0
    for place, target in index["links"].items():
        (cache / place).symlink_to(target)
    return len(index["links"])


def _pointers(cache: Path) -> Iterator[Path]:
    for pattern in _POINTERS:
        yield from (path for path in sorted(cache.glob(pattern)) if path.is_symlink())


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
