"""The functions that are built."""

import shutil
from pathlib import Path

from bench.build import functions


def test_scaffold(tmp_path: Path) -> None:
    """func's host builder puts the function in a folder f of a service."""
    (tmp_path / "mine" / "function").mkdir(parents=True)

    folder = functions.scaffold(tmp_path / "mine", tmp_path / "service")

    assert (folder / "f" / "function").is_dir()
    assert "func_python" in (folder / "service" / "main.py").read_text()


def test_change_source(tmp_path: Path) -> None:
    """A change replaces the one before, so that sources do not grow."""
    source = tmp_path / "f" / "function" / "__init__.py"
    source.parent.mkdir(parents=True)
    source.write_text("x = 1\n")
    shutil.copytree(tmp_path / "f", tmp_path / ".func" / "build" / "f")

    functions.change_source(tmp_path, 1)
    functions.change_source(tmp_path, 2)

    assert "x = 1\n# Change 2\n" == source.read_text()
