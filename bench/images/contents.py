"""Reads the contents of a base image: an image whose layers only add files."""

import re
import stat
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass

from bench.images.saved import Saved

# The lists of Debian's packages: one file for all, or one for each (as in distroless images).
_STATUS = "var/lib/dpkg/status"
_PACKAGE = re.compile(r"var/lib/dpkg/status\.d/[^/]+(?<!\.md5sums)")
_BYTECODE = re.compile(r"usr/lib/python3\.\d+/.*\.pyc")
# PEP 552: the second word of a file of bytecode.
_VALIDATION = {0: "by date", 1: "unchecked", 3: "by hash"}


@dataclass(frozen=True)
class Contents:
    """The contents of an image.

    `size` is the number of bytes of all files. `special` counts files that are setuid or setgid.
    `bytecode` tells how Python validates that of the standard library: `none` if there is none.
    """

    size: int
    compressed: int
    files: int
    packages: int
    special: int
    shell: bool
    bytecode: str


def read(image: Saved) -> Contents:
    """Return the contents of an image."""
    entries = [(_path(entry), entry, content) for entry, content in image.entries()]
    files = {path: entry for path, entry, _ in entries if entry.isreg()}
    return Contents(
        size=sum(entry.size for entry in files.values()),
        compressed=image.compressed,
        files=len(files),
        packages=sum(_packages(path, content) for path, _, content in entries if path in files),
        special=sum(entry.mode & (stat.S_ISUID | stat.S_ISGID) != 0 for entry in files.values()),
        shell=any(path in ("bin/sh", "usr/bin/sh") for path, _, _ in entries),
        bytecode=_bytecode(content for path, _, content in entries if _BYTECODE.fullmatch(path)),
    )


def _path(entry: tarfile.TarInfo) -> str:
    return entry.name.removeprefix("./")


def _packages(path: str, content: bytes) -> int:
    if path == _STATUS:
        return len(re.findall(rb"(?m)^Package: ", content))
    return 1 if _PACKAGE.fullmatch(path) else 0


def _bytecode(found: Iterable[bytes]) -> str:
    kinds = {_VALIDATION[int.from_bytes(content[4:8], "little")] for content in found}
    return ", ".join(sorted(kinds)) or "none"
