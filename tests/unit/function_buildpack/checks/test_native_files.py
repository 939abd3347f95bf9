"""Native files that cannot work, because of their machine or of missing libraries."""

from pathlib import Path

import pytest

from function_buildpack.checks import native_files
from function_buildpack.checks.native_files import MissingLibraries
from unit.function_buildpack import native

HERE = "x86-64, 64 bit"
SYSTEM = {"libc.so.6"}


def found(folder: Path, **files: bytes) -> list[native_files.NativeFile]:
    """Write files, `__` for a slash and `_so` for the suffix, and return the native ones."""
    named = {
        name.replace("__", "/").replace("_so", ".so"): content for name, content in files.items()
    }
    return native_files.found(native.write(folder, named))


def test_found(tmp_path: Path) -> None:
    """Modules and libraries of every folder, sorted; no text, no link to nowhere."""
    native.write(
        tmp_path,
        {
            "b/_c.cpython-313-x86_64-linux-gnu.so": native.module("_c", "libc.so.6"),
            "b.libs/libd-0a1b.so.1.2": native.image(soname="libd-0a1b.so.1"),
            "a/data.txt": native.image(),
            "a/script.so": b"INPUT(libd.so)",
            "a.abi3.so": native.module("a"),
        },
    )
    (tmp_path / "a" / "gone.so").symlink_to("nowhere")

    files = native_files.found(tmp_path)

    assert [
        ("a.abi3.so", "a"),
        ("b/_c.cpython-313-x86_64-linux-gnu.so", "_c"),
        ("b.libs/libd-0a1b.so.1.2", ""),
    ] == [(str(file.path), file.module) for file in files]


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("a.so", "a"),
        ("a.abi3.so", "a"),
        ("a.cpython-313-aarch64-linux-gnu.so", "a"),
        ("a.mpich.cpython-313-x86_64-linux-gnu.so", ""),
        ("liba.so.1", ""),
    ],
)
def test_module(tmp_path: Path, name: str, module: str) -> None:
    """A module has an entry point, and a name that Python imports."""
    (file,) = native_files.found(native.write(tmp_path, {name: native.module("a")}))

    assert module == file.module


def test_lacks_nothing(tmp_path: Path) -> None:
    """The run image and all packages provide libraries, by file name or by their own name."""
    files = found(
        tmp_path,
        a_so=native.module("a", "libc.so.6", "libb.so", "libc-own.so.3"),
        b__libb_so=native.image(),
        c__lib_so=native.image(soname="libc-own.so.3"),
    )

    assert [] == native_files.missing_libraries(files, SYSTEM)


def test_lacks(tmp_path: Path) -> None:
    """A missing library is reported with the module that loads the file, also indirectly."""
    files = found(
        tmp_path,
        a_so=native.module("a", "libone.so", "libgone.so"),
        b_so=native.module("b", "libone.so"),
        lib__libone_so=native.image(("libtwo.so",)),
        lib__libtwo_so=native.image(("libone.so", "libc.so.6", "libx.so", "liby.so")),
        lib__plugin_so=native.image(("libz.so",)),
    )

    assert [
        MissingLibraries(Path("a.so"), ("libgone.so",), Path("a.so")),
        MissingLibraries(Path("lib/libtwo.so"), ("libx.so", "liby.so"), Path("a.so")),
        MissingLibraries(Path("lib/plugin.so"), ("libz.so",), None),
    ] == native_files.missing_libraries(files, SYSTEM)


def test_of_other_machines(tmp_path: Path) -> None:
    """Modules for another machine, unless their package has them for this one as well."""
    other = native.module("_x", machine=native.AARCH64)
    files = found(
        tmp_path,
        a___x_so=other,
        both__arm___x_so=other,
        both__intel___x_so=native.module("_x"),
        c__data_so=native.image(machine=native.AARCH64),
        _y_so=native.module("_y", machine=native.AARCH64),
        _x_so=native.module("_x"),
    )

    others = native_files.of_other_machines(files, HERE)

    assert ["_y.so", "a/_x.so"] == [str(file.path) for file in others]
