"""Compiled dependencies: built or downloaded in the build image, run without a compiler."""

import re
import shutil
from pathlib import Path

import pytest

from image import prerequisites
from image.container import serving, started
from image.pack import Pack
from unit.function_buildpack import native

NATIVE = prerequisites.FUNCTIONS / "native_code"


def test_wheel_and_sdist_with_native_code_run(pack: Pack) -> None:
    """numpy's wheel and a package of C++ sources with OpenMP, built without a wheel, work."""
    built = pack.build(NATIVE)

    assert re.search(r"Shared libraries: checked \d+ files", built.log)
    with built.image.files("/usr/bin") as run:
        commands = {Path(name).name for name in run.getnames()}
    assert "python3" in commands
    assert not {"cc", "gcc", "c++", "g++"} & commands
    with serving(built.image, read_only=True) as container:
        assert container.get("/").text == "9 11"


def test_source_that_does_not_compile_is_refused(pack: Pack, tmp_path: Path) -> None:
    """The log has the compiler's output, and then an error with the failed package."""
    function = shutil.copytree(NATIVE, tmp_path / "function")
    (function / "native" / "gauge.cpp").write_text("#include <no_such_header.h>\n")

    failed = pack.attempt(function)

    assert failed.status != 0
    assert "no_such_header.h: No such file or directory" in failed.log
    assert "ERROR: The packages could not be installed" in failed.log
    assert not failed.image.exists


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the function, to be changed."""
    return shutil.copytree(NATIVE, tmp_path / "function")


def link_with_itm(project: Path) -> None:
    """Make the package need a library of the compiler, which the run image does not have."""
    declared = project / "native" / "pyproject.toml"
    link = 'extra-link-args = ["-fopenmp", "-Wl,--no-as-needed", "-litm"'
    declared.write_text(declared.read_text().replace('extra-link-args = ["-fopenmp"', link))


def test_missing_library_is_named(pack: Pack, project: Path) -> None:
    """A library that only the build image has stops the build. The earlier image stays."""
    first = pack.build(project)
    digest = first.image.digest
    link_with_itm(project)

    failed = pack.attempt(project, image=first.image)

    assert failed.status != 0
    _, _, message = failed.log.partition("ERROR: The run image lacks a shared library\n")
    for fact in ("gauge 1.0", "gauge.cpython-", "Missing:  libitm.so.1\n", "Debian:   libitm1\n"):
        assert fact in message
    assert digest == first.image.digest
    with serving(first.image) as container:
        assert container.get("/").text == "9 11"


def test_missing_library_as_a_note(pack: Pack, project: Path) -> None:
    """With a setting, the build continues with a note. Here, the start then fails."""
    link_with_itm(project)

    built = pack.build(project, env={"BP_LIBRARY_CHECK": "note"})

    assert "Note: The run image lacks a shared library" in built.log
    with started(built.image) as container:
        assert container.wait() != 0
        assert "libitm.so.1: cannot open shared object file" in container.log


def test_module_for_another_machine_is_named(pack: Pack, project: Path) -> None:
    """A package with a compiled module for another machine stops the build."""
    package = project / "native" / "prebuilt"
    package.mkdir()
    (package / "__init__.py").write_text("")
    module = native.image(symbols=("PyInit__speed",), machine=native.S390X, order=">")
    (package / "_speed.so").write_bytes(module)
    (project / "native" / "pyproject.toml").write_text(
        '[project]\nname = "prebuilt"\nversion = "2.0"\n'
        '[tool.setuptools]\npackages = ["prebuilt"]\npackage-data = { prebuilt = ["*.so"] }\n'
    )

    failed = pack.attempt(project)

    assert failed.status != 0
    _, _, message = failed.log.partition(
        "ERROR: An extension module was built for another machine\n"
    )
    for fact in ("prebuilt 2.0", "prebuilt/_speed.so", "s390x, 64 bit"):
        assert fact in message
    assert not failed.image.exists
