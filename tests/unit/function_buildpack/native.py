"""Writes the smallest possible native files for tests of the loader's view."""

import struct
from pathlib import Path

S390X, X86_64, AARCH64 = 22, 62, 183


def image(
    needed: tuple[str, ...] = (),
    soname: str = "",
    symbols: tuple[str, ...] = (),
    *,
    machine: int = X86_64,
    order: str = "<",
) -> bytes:
    """Return a 64-bit shared object: header, program headers, dynamic section, names."""
    names = [b"", *(name.encode() for name in (*needed, *symbols, soname))]
    strings = b"\0".join(names) + b"\0"
    at = 64 + 2 * 56
    tags = [(1, strings.index(b"\0" + name.encode() + b"\0") + 1) for name in needed]
    if soname:
        tags.append((14, strings.index(b"\0" + soname.encode() + b"\0") + 1))
    size = (len(tags) + 3) * 16
    loaded_at = 0x10000  # where in memory the file's start will be
    tags += [(5, loaded_at + at + size), (10, len(strings)), (0, 0)]
    dynamic = b"".join(struct.pack(f"{order}QQ", *tag) for tag in tags)
    ident = b"\x7fELF" + bytes((2, 1 if order == "<" else 2, 1)) + bytes(9)
    header = struct.pack(f"{order}HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    whole = at + size + len(strings)
    load = (1, 4, 0, loaded_at, 0, whole, whole, 0x1000)
    section = (2, 4, at, loaded_at + at, 0, size, size, 8)
    headers = b"".join(struct.pack(f"{order}IIQQQQQQ", *fields) for fields in (load, section))
    return ident + header + headers + dynamic + strings


def module(name: str, *needed: str, machine: int = X86_64) -> bytes:
    """Return an extension module."""
    return image(needed, symbols=(f"PyInit_{name}",), machine=machine)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files and return their folder."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder
