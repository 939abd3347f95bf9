"""Compiling packages, side by side and not again."""

from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from function_buildpack import bytecode, earlier_bytecode, interpreter, process
from function_buildpack.errors import DiskFull
from function_buildpack.interpreter import Interpreter
from function_buildpack.process import Result

PYTHON = Interpreter(Path("python3"), "3.13.5")
MODULE = "site/package/module.py"
COMPILED = "site/package/__pycache__/module.cpython-313.pyc"


def write(root: Path, **files: str) -> list[Path]:
    """Write Python files with these contents."""
    for name, content in files.items():
        (root / f"{name}.py").write_text(content)
    return sorted(root.glob("*.py"))


def test_compile_packages(tmp_path: Path) -> None:
    """All that compile have bytecode, whichever process had them; the rest harms nobody."""
    paths = write(tmp_path, **{f"module_{i}": f"x = {'1 + ' * i}1\n" for i in range(9)}, no="(")

    count = bytecode.compile_packages(paths, interpreter.current(), process.run)

    assert 9 == count
    assert {path for path in paths if path.stem != "no"} == {
        path for path in paths if Path(cache_from_source(str(path))).is_file()
    }


def test_disk_full(tmp_path: Path) -> None:
    """A process that cannot write says so in its last words."""

    def run(*_: Any, **__: Any) -> Result:
        return Result(1, "Traceback\nOSError: [Errno 28] No space left on device: 'x'\n")

    with pytest.raises(DiskFull, match="Errno 28"):
        bytecode.compile_packages(write(tmp_path, a=""), PYTHON, run)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of an earlier build: a module with its bytecode, and bytecode without a source."""
    path = tmp_path / "earlier.zip"
    with ZipFile(path, "w") as packed:
        packed.writestr(MODULE, "source")
        packed.writestr(COMPILED, "compiled")
        packed.writestr(COMPILED.replace("module", "gone"), "compiled")
        packed.writestr("site/package/not_compiled.py", "(")
        packed.writestr("site/legacy.pyc", "compiled")
        earlier_bytecode.mark(packed, tmp_path, PYTHON)
    return path


def _without_source(module: Path) -> None:
    module.unlink()


def _with_another_source(module: Path) -> None:
    module.write_text("Source")


def _as_it_was(module: Path) -> None:
    module.touch()


def _with_bytecode_of_its_own(module: Path) -> None:
    wheel = module.parents[2] / "wheel.pyc"
    wheel.write_text("stale")
    place = module.parents[2] / COMPILED
    place.parent.mkdir()
    place.hardlink_to(wheel)


@pytest.mark.parametrize(
    ("change", "restored"),
    [
        (_as_it_was, True),
        (_with_bytecode_of_its_own, True),
        (_without_source, False),
        (_with_another_source, False),
    ],
)
def test_restore(
    archive: Path, tmp_path: Path, change: Callable[[Path], None], restored: bool
) -> None:
    """The same source has its bytecode back, and nothing else has any of it."""
    module = tmp_path / MODULE
    module.parent.mkdir(parents=True)
    module.write_text("source")
    change(module)

    found = earlier_bytecode.restore(archive, tmp_path, PYTHON)

    assert {module} == found if restored else set() == found
    compiled = [path for path in (tmp_path / "site").rglob("*.pyc") if path.is_file()]
    assert ["compiled"] * restored == [path.read_text() for path in compiled]
    for shipped in tmp_path.glob("wheel.pyc"):
        assert "stale" == shipped.read_text()


@pytest.mark.parametrize(
    "python",
    [
        Interpreter(Path("python3"), "3.13.6"),
        Interpreter(Path("python3"), "3.13.5", "cpython-3.13.5-linux-x86_64"),
    ],
)
def test_restore_for_another_python(archive: Path, tmp_path: Path, python: Interpreter) -> None:
    """Another Python may compile to other bytes."""
    (tmp_path / MODULE).parent.mkdir(parents=True)
    (tmp_path / MODULE).write_text("source")

    assert set() == earlier_bytecode.restore(archive, tmp_path, python)


def test_restore_in_another_folder(archive: Path, tmp_path: Path) -> None:
    """Bytecode holds its source's path."""
    other = tmp_path / "other"
    (other / MODULE).parent.mkdir(parents=True)
    (other / MODULE).write_text("source")

    assert set() == earlier_bytecode.restore(archive, other, PYTHON)


def test_restore_damaged(tmp_path: Path) -> None:
    """What cannot be read has none."""
    archive = tmp_path / "earlier.zip"
    archive.write_text("no archive")

    assert set() == earlier_bytecode.restore(archive, tmp_path, PYTHON)
