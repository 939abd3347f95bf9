"""Compiled dependencies: built or fetched in the build image, run in one that has no compiler."""

import shutil
from pathlib import Path

from image import prerequisites
from image.container import serving
from image.pack import Pack

NATIVE = prerequisites.FUNCTIONS / "native_code"


def test_wheel_and_sdist_with_native_code_run(pack: Pack) -> None:
    """numpy's wheel and a package of C++ sources, which both need libstdc++, work in the image."""
    built = pack.build(NATIVE)

    with built.image.files("/usr/bin") as run:
        commands = {Path(name).name for name in run.getnames()}
    assert "python3" in commands
    assert not {"cc", "gcc", "c++", "g++"} & commands
    with serving(built.image, read_only=True) as container:
        assert container.get("/").text == "9 3"


def test_source_that_does_not_compile_is_refused(pack: Pack, tmp_path: Path) -> None:
    """The compiler's own words are in the log, above an error that says what has failed."""
    function = shutil.copytree(NATIVE, tmp_path / "function")
    (function / "native" / "gauge.cpp").write_text("#include <no_such_header.h>\n")

    failed = pack.attempt(function)

    assert failed.status != 0
    assert "no_such_header.h: No such file or directory" in failed.log
    assert "ERROR: The packages could not be installed" in failed.log
    assert not failed.image.exists
