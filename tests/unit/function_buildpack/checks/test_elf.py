"""Reading ELF files: small ones, and this interpreter's own."""

import struct
import sys
from pathlib import Path

import httptools.parser.parser
import pytest

from function_buildpack.checks import elf
from function_buildpack.checks.elf import Elf
from unit.function_buildpack import native


@pytest.mark.parametrize("order", ["<", ">"])
def test_read(tmp_path: Path, order: str) -> None:
    """The machine, the file's own name, needed libraries, and the search for a symbol."""
    file = tmp_path / "lib.so"
    file.write_bytes(
        native.image(("libm.so.6", "libc.so.6"), "libx.so.1", ("x_open",), order=order)
    )

    expected = Elf("x86-64, 64 bit", "libx.so.1", ("libm.so.6", "libc.so.6"), mentions=True)
    assert expected == elf.read(file, b"x_op")
    assert not elf.read(file, b"PyInit").mentions  # type: ignore[union-attr]


def test_read_little(tmp_path: Path) -> None:
    """A statically linked file, an unknown machine, and 32 bits."""
    content = native.image(machine=4711)
    (tmp_path / "alone").write_bytes(content)
    (tmp_path / "static").write_bytes(content[:56] + bytes(2) + content[58:])  # no segments
    (tmp_path / "small").write_bytes(content[:4] + b"\1" + content[5:64])

    assert Elf("machine 4711, 64 bit", mentions=True) == elf.read(tmp_path / "alone")
    assert Elf("machine 4711, 64 bit") == elf.read(tmp_path / "static", b"x")
    assert Elf("machine 4711, 32 bit") == elf.read(tmp_path / "small", b"x")


def test_read_real() -> None:
    """This interpreter needs the C library, and an extension module for it is for its machine."""
    own = elf.read(Path(sys.executable))
    module = elf.read(Path(httptools.parser.parser.__file__), b"PyInit_parser")

    assert own is not None
    assert module is not None
    assert "libc.so.6" in own.needed
    assert own.machine == module.machine
    assert module.mentions


DAMAGED = {
    "empty": b"",
    "text": b"INPUT(libx.so.1)",
    "magic alone": b"\x7fELF",
    "no such class": b"\x7fELF\x07\x01" + bytes(60),
    "cut off": native.image(("libc.so.6",))[:100],
    "no names": native.image(("libc.so.6",))[:-20],
    "names elsewhere": native.image(("libc.so.6",)).replace(
        struct.pack("<Q", 0x10000), struct.pack("<Q", 0x50000), 1
    ),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=list(DAMAGED))
def test_read_damaged(tmp_path: Path, content: bytes) -> None:
    """A file that is not ELF, or damaged, is ignored without an error."""
    (tmp_path / "lib.so").write_bytes(content)

    assert elf.read(tmp_path / "lib.so") is None
