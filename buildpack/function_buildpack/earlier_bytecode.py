"""Bytecode of an earlier build, for sources that are the same again.

An archive of packages has each source with its bytecode. That depends on three things: the source,
its path, and the Python that compiled it. Where all are as they were, the bytecode is too.
"""

from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from function_buildpack.interpreter import Interpreter


def mark(archive: ZipFile, root: Path, python: Interpreter) -> None:
    """Note in an archive what its bytecode is for: a Python, and where its paths begin."""
    archive.comment = _for(root, python)


def restore(archive: Path, root: Path, python: Interpreter) -> set[Path]:
    """Put the archive's bytecode beside the sources that are below the root, as it has them.

    Return these sources. An archive that cannot be read, or is for another Python or folder, has
    none.
    """
    try:
        with ZipFile(archive) as packed:
            if packed.comment == _for(root, python):
                return set(_restored(packed, root, python.cache_tag))
    except BadZipFile:
        pass
    return set()


def _restored(packed: ZipFile, root: Path, tag: str) -> Iterator[Path]:
    names = set(packed.namelist())
    for name in names:
        folder, _, file = name.rpartition("/")
        compiled = f"{folder}/__pycache__/{file.removesuffix('.py')}.{tag}.pyc"
        path = root / name
        if compiled in names and path.is_file() and path.read_bytes() == packed.read(name):
            place = root / compiled
            place.parent.mkdir(exist_ok=True)
            place.unlink(missing_ok=True)  # a package may bring its own, linked to uv's cache
            place.write_bytes(packed.read(compiled))
            yield path


def _for(root: Path, python: Interpreter) -> bytes:
    return f"{python.identity or python.version} {root}".encode()
