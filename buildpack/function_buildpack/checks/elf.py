"""Reads the machine and the needed shared libraries of an ELF file. Facts only.

Format: System V gABI, chapters 4 and 5 (header, program headers, dynamic section).
"""

import mmap
import struct
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

_MAGIC = b"\x7fELF"
_BITS = {1: 32, 2: 64}  # e_ident[EI_CLASS]
_ORDER = {1: "<", 2: ">"}  # e_ident[EI_DATA]
_MACHINES = {3: "x86", 22: "s390x", 40: "ARM", 62: "x86-64", 183: "AArch64", 243: "RISC-V"}
_LOAD, _DYNAMIC = 1, 2  # p_type
_NULL, _NEEDED, _STRTAB, _STRSZ, _SONAME = 0, 1, 5, 10, 14  # d_tag


@dataclass(frozen=True)
class Elf:
    """An ELF file: its machine, its own library name, and the names of needed libraries.

    `mentions` tells whether the names of its symbols contain a text. For a 32-bit file, only the
    machine is read, because no image of ours can load it.
    """

    machine: str
    soname: str = ""
    needed: tuple[str, ...] = ()
    mentions: bool = False


def read(path: Path, symbol: bytes = b"") -> Elf | None:
    """Read a file. None if it is not an ELF file, or damaged."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
            try:
                return _read(image, symbol)
            except (struct.error, LookupError, ValueError):
                return None


class _Segment(NamedTuple):
    """A program header."""

    type: int
    flags: int
    offset: int
    address: int
    physical: int
    size: int
    in_memory: int
    alignment: int


def _read(image: mmap.mmap, symbol: bytes) -> Elf:
    bits, order = _BITS[image[4]], _ORDER[image[5]]
    (number,) = struct.unpack_from(f"{order}H", image, 18)
    machine = f"{_MACHINES.get(number, f'machine {number}')}, {bits} bit"
    if bits == _BITS[1]:
        return Elf(machine)
    segments = _segments(image, order)
    entries = _dynamic(image, order, segments)
    values = dict(entries)
    if _STRTAB not in values:  # a static program, or debugging symbols
        return Elf(machine)
    start = _offset(segments, values[_STRTAB])
    strings = image[start : start + values[_STRSZ]]
    return Elf(
        machine,
        soname=_string(strings, values[_SONAME]) if _SONAME in values else "",
        needed=tuple(_string(strings, at) for tag, at in entries if tag == _NEEDED),
        mentions=symbol in strings,
    )


def _segments(image: mmap.mmap, order: str) -> list[_Segment]:
    (table,) = struct.unpack_from(f"{order}Q", image, 32)
    size, count = struct.unpack_from(f"{order}HH", image, 54)
    headers = image[table : table + size * count]
    return [_Segment(*fields) for fields in struct.iter_unpack(f"{order}IIQQQQQQ", headers)]


def _dynamic(image: mmap.mmap, order: str, segments: list[_Segment]) -> list[tuple[int, int]]:
    """Return tag and value of each entry of the dynamic section."""
    content = b"".join(
        image[segment.offset : segment.offset + segment.size]
        for segment in segments
        if segment.type == _DYNAMIC
    )
    return list(
        takewhile(lambda entry: entry[0] != _NULL, struct.iter_unpack(f"{order}QQ", content))
    )


def _offset(segments: list[_Segment], address: int) -> int:
    """Return the position in the file for an address in memory."""
    for segment in segments:
        if segment.type == _LOAD and segment.address <= address < segment.address + segment.size:
            return segment.offset + address - segment.address
    raise LookupError(address)


def _string(strings: bytes, at: int) -> str:
    return strings[at : strings.index(b"\0", at)].decode(errors="replace")
