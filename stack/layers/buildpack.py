"""The buildpack as an archive, without files that its use in this clone created."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stack.layers import archives
from tools import ROOT, process
from tools.console import Failure

_FOLDER = ROOT / "buildpack"
_LEFT_BEHIND = ("__pycache__", "*.egg-info", ".*_cache")


@contextmanager
def archive() -> Iterator[IO[bytes]]:
    """Yield the archive, positioned at its start.

    :raises Failure: tar fails
    """
    excluded = [f"--exclude={pattern}" for pattern in _LEFT_BEHIND]
    tar: list[str | Path] = [*archives.TAR, "--mtime=@0", "-C", _FOLDER, *excluded, "-c", "."]
    with tempfile.TemporaryFile() as packed:
        if process.run(tar, output=packed):
            raise Failure(
                "The buildpack cannot be packed", f"Found: {_FOLDER}. tar's reason is above."
            )
        packed.seek(0)
        yield packed


def digest() -> str:
    """Return the hash of the archive.

    :raises Failure: tar fails
    """
    with archive() as packed:
        return hashlib.sha256(packed.read()).hexdigest()


def unpack(folder: Path) -> None:
    """Create a copy of the buildpack.

    :raises Failure: tar fails
    """
    with archive() as packed:
        extract(packed, folder)


def extract(packed: IO[bytes], folder: Path) -> None:
    """Unpack an archive into a new folder.

    :raises Failure: tar fails
    """
    folder.mkdir()
    if process.run(["tar", "-C", folder, "-x"], stdin=packed):
        raise Failure("The buildpack cannot be unpacked", "tar's reason is above.")
