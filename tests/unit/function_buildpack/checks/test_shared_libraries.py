"""The check of a folder of packages: errors and notes."""

import platform
from pathlib import Path

import pytest

from function_buildpack.checks import shared_libraries
from function_buildpack.log.errors.image import ArchitectureWrong, LibraryMissing
from function_buildpack.source.settings import LibraryCheck
from unit.function_buildpack import native

MACHINES = {"x86_64": native.X86_64, "aarch64": native.AARCH64}
HERE = MACHINES[platform.machine()]
ELSEWHERE = sum(MACHINES.values()) - HERE


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """The list of a run image that has the C library."""
    path = tmp_path / "run-libraries"
    path.write_text("libc.so.6\nlibm.so.6\n")
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An empty folder of packages."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    return folder


def install(site: Path, name: str, tag: str, files: dict[str, bytes]) -> None:
    """Write the files that an installer writes for a package."""
    native.write(site, files)
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
    (info / "WHEEL").write_text(f"Tag: {tag}\n")
    (info / "RECORD").write_text("".join(f"{path},,\n" for path in files))


def module(name: str, *needed: str, machine: int = HERE) -> bytes:
    """Return an extension module for this machine."""
    return native.module(name, *needed, machine=machine)


def check(site: Path, listed: Path, wanted: LibraryCheck = LibraryCheck.ERROR) -> None:
    """Run the check, with a missing folder and one with a library that is not in the list."""
    others = native.write(listed.parent / "beside", {"libbeside.so.1": b""})
    shared_libraries.check(site, [others, others / "none"], wanted, listed)


LOCAL, MANYLINUX = "cp313-cp313-linux_x86_64", "cp313-cp313-manylinux_2_28_x86_64"


def test_nothing_native(site: Path, listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pure Python packages cause no line in the log."""
    check(site, listed)

    assert "" == capsys.readouterr().out


def test_complete(site: Path, listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If all libraries are found, the log has one line."""
    install(site, "one", LOCAL, {"one.so": module("one", "libc.so.6", "libbeside.so.1")})

    check(site, listed)

    assert "Shared libraries: checked 1 file\n" == capsys.readouterr().out


def test_missing(site: Path, listed: Path) -> None:
    """A missing library is an error, with all libraries that the package lacks."""
    files = {
        "one/_one.so": module("_one", "libc.so.6", "libgone.so.2"),
        "one/_two.so": module("_two", "libaway.so.1"),
    }
    install(site, "one", LOCAL, files)

    with pytest.raises(LibraryMissing) as raised:
        check(site, listed)

    found = Path("one/_one.so")
    libraries = ("libaway.so.1", "libgone.so.2")
    assert vars(LibraryMissing("one 1.0", found, found, libraries, ())) == vars(raised.value)


def test_missing_without_package(site: Path, listed: Path) -> None:
    """The error names the path of a module without a package, and the library in between."""
    native.write(site, {"one.so": module("one", "libtwo.so")})
    native.write(site, {"libtwo.so": native.image(("libgone.so.2",), machine=HERE)})

    with pytest.raises(LibraryMissing) as raised:
        check(site, listed)

    facts = LibraryMissing("", Path("one.so"), Path("libtwo.so"), ("libgone.so.2",), ())
    assert vars(facts) == vars(raised.value)


def test_missing_of_a_wheel(site: Path, listed: Path) -> None:
    """A manylinux wheel may need some libraries of the system, which the image must have."""
    install(site, "one", MANYLINUX, {"one.so": module("one", "libGL.so.1", "libtbb.so.12")})

    with pytest.raises(LibraryMissing) as raised:
        check(site, listed)

    assert ("libGL.so.1",) == raised.value.libraries


def test_optional(site: Path, listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A library that a manylinux wheel excludes, or that no module loads, is a note."""
    install(site, "one", MANYLINUX, {"one/_one.so": module("_one", "libtbb.so.12")})
    many = native.image(tuple(f"lib{number}.so" for number in range(9)), machine=HERE)
    install(site, "two", LOCAL, {"plugin.so": many})
    native.write(site, {"own.so": native.image(("libz9.so",), machine=HERE)})
    native.write(site, {"data.so": native.image(("libother.so",), machine=ELSEWHERE)})

    check(site, listed)

    said = capsys.readouterr().out
    missing_libraries = "needs libraries that the run image lacks:"
    assert f"one 1.0: one/_one.so {missing_libraries} libtbb.so.12. This matters only if" in said
    assert f"two 1.0: plugin.so {missing_libraries} lib0.so, lib1.so, lib2.so" in said
    assert "lib7.so, …. This" in said
    assert f" own.so {missing_libraries} libz9.so. This" in said
    assert "libother" not in said


def test_other_machine(site: Path, listed: Path) -> None:
    """A module for another machine is an error, even without a list of libraries."""
    install(site, "one", "py3-none-any", {"one.so": module("one", machine=ELSEWHERE)})

    for list_ in (listed, listed.with_name("none")):
        with pytest.raises(ArchitectureWrong) as raised:
            check(site, list_)

        assert ("one 1.0", Path("one.so")) == (raised.value.package, raised.value.module)
        assert raised.value.found != raised.value.needed


def test_unknown_run_image(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a list of the run image's libraries, nothing is checked, and the log says so."""
    install(site, "one", LOCAL, {"one.so": module("one", "libgone.so.2")})

    check(site, tmp_path / "none")

    assert "not checked, because this builder has no list of them" in capsys.readouterr().out


def test_note(site: Path, listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the setting "note", both errors are notes and the build continues."""
    install(site, "one", LOCAL, {"one.so": module("one", "libgone.so.2")})
    install(site, "two", LOCAL, {"two.so": module("two", machine=ELSEWHERE)})

    check(site, listed, LibraryCheck.NOTE)

    said = capsys.readouterr().out
    assert "Note: The run image lacks a shared library" in said.replace("\033[33m", "").replace(
        "\033[0m", ""
    )
    assert "An extension module was built for another machine" in said
    assert "\n  Missing:  libgone.so.2\n" in said


def test_debian_packages(tmp_path: Path) -> None:
    """The build image's lists have the Debian package of a library."""
    (tmp_path / "libpq5:amd64.list").write_text("/usr/lib/libpq.so.5\n/usr/lib/libpq.so.5.17\n")
    (tmp_path / "libitm1.list").write_text("/usr/lib/libitm.so.1\n")
    (tmp_path / "other.list").write_text("/usr/share/libpq.so.5.txt\n")

    found = shared_libraries.debian_packages(("libpq.so.5", "libitm.so.1", "libx.so"), tmp_path)

    assert ("libitm1", "libpq5") == found
