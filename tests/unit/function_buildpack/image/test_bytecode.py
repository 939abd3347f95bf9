"""Compiling packages with several processes."""

from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.image import bytecode
from function_buildpack.log.errors.tools import DiskFull
from function_buildpack.system import interpreter, process
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Result

PYTHON = Interpreter(Path("python3"), "3.13.5")


def write(root: Path, **files: str) -> list[Path]:
    """Write Python files with these contents."""
    for name, content in files.items():
        (root / f"{name}.py").write_text(content)
    return sorted(root.glob("*.py"))


def test_compile_packages(tmp_path: Path) -> None:
    """All files that compile get bytecode, from any process. Others are ignored."""
    paths = write(tmp_path, **{f"module_{i}": f"x = {'1 + ' * i}1\n" for i in range(9)}, no="(")

    count = bytecode.compile_packages(paths, interpreter.current(), process.run)

    assert 9 == count
    assert {path for path in paths if path.stem != "no"} == {
        path for path in paths if Path(cache_from_source(str(path))).is_file()
    }


def test_disk_full(tmp_path: Path) -> None:
    """The last line of output explains why a process cannot write."""

    def run(*_: Any, **__: Any) -> Result:
        return Result(1, "Traceback\nOSError: [Errno 28] No space left on device: 'x'\n")

    with pytest.raises(DiskFull, match="Errno 28"):
        bytecode.compile_packages(write(tmp_path, a=""), PYTHON, run)
