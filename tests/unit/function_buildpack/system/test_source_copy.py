"""A copy of a source, which code can change."""

import os
from pathlib import Path

from function_buildpack.system import source_copy


def test_make(tmp_path: Path) -> None:
    """Files are copied with their modes, and links as links. .git and pipes are skipped."""
    source, copy = tmp_path / "source", tmp_path / "copy"
    (source / "function").mkdir(parents=True)
    (source / "function" / "a.py").write_text("x = 1\n")
    (source / "run.sh").touch()
    (source / "run.sh").chmod(0o755)
    for name in (".git", "function/__pycache__", "empty"):
        (source / name).mkdir()
    (source / "file").symlink_to("function/a.py")
    (source / "folder").symlink_to("function")
    os.mkfifo(source / "pipe")

    source_copy.make(source, copy)

    found = sorted(str(path.relative_to(copy)) for path in copy.rglob("*"))
    assert ["empty", "file", "folder", "function", "function/a.py", "run.sh"] == found
    assert "x = 1\n" == (copy / "function" / "a.py").read_text()
    assert 0o755 == (copy / "run.sh").stat().st_mode & 0o777
    assert Path("function") == (copy / "folder").readlink()


def test_large(tmp_path: Path) -> None:
    """A large file is linked to, and so are all once enough was copied."""
    source = tmp_path / "source"
    source.mkdir()
    for name, content in {"a": "1234", "b": "12345", "c": "123", "d": "12"}.items():
        (source / name).write_text(content)

    source_copy.make(source, tmp_path / "copy", large=4, most=6)

    linked = {path.name: path.is_symlink() for path in (tmp_path / "copy").iterdir()}
    assert {"a": False, "b": True, "c": True, "d": False} == linked
    assert "12345" == (tmp_path / "copy" / "b").read_text()
