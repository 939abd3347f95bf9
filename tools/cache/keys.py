"""Keys of the cache: short hashes of everything that decides a result."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from tools.console import Failure

_LENGTH = 16  # characters: short enough for a path, long enough not to collide


def key(inputs: Mapping[str, str | Path]) -> str:
    """Return the key of named inputs, which are texts and contents of files.

    The key depends on a file's name in `inputs`, but not on its path, because clones share the
    cache. Each input has its own line with its own hash, so inputs cannot be mixed up.

    :raises Failure: a file is missing or cannot be read
    """
    lines = sorted(f"{_digest(name, content)}  {name}\n" for name, content in inputs.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:_LENGTH]


def file_key(path: Path) -> str:
    """Return the key of a result that depends only on one file.

    :raises Failure: it is missing or cannot be read
    """
    return _digest(path.name, path)[:_LENGTH]


def files(folder: Path) -> dict[str, Path]:
    """Return the files directly in a folder, by name, as inputs of a key.

    :raises Failure: there is no such folder
    """
    try:
        return {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    except OSError as error:
        raise Failure("A folder that decides what is built cannot be read", str(error)) from error


def _digest(name: str, content: str | Path) -> str:
    if isinstance(content, str):
        return hashlib.sha256(content.encode()).hexdigest()
    try:
        with content.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Failure(
            "A file that decides what is built cannot be read",
            f"Found: {content} ({name}): {error.strerror}",
            "Restore it, for example: git checkout -- " + content.name,
        ) from error
