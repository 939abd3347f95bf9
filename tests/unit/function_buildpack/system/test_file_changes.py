"""Changes in folders."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from function_buildpack.system import file_changes
from function_buildpack.system.file_changes import Changes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file, a link and a folder."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_text("content")
    (tmp_path / "link").symlink_to("sub")
    return tmp_path


def _overwritten(folder: Path) -> None:
    """Write other content of the same length, and set the times back."""
    path = folder / "sub" / "file"
    before = path.stat()
    path.write_text("CONTENT")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _replaced(folder: Path) -> None:
    (folder / "other").write_text("content")
    (folder / "other").rename(folder / "sub" / "file")


def _opened(folder: Path) -> None:
    (folder / "sub" / "file").chmod(0o666)


def _opened_folder(folder: Path) -> None:
    (folder / "sub").chmod(0o777)


def _linked_elsewhere(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("/tmp")


def _added(folder: Path) -> None:
    (folder / "sub" / "__pycache__" / "deep").mkdir(parents=True)
    (folder / "evil.pth").touch()


def _nothing(folder: Path) -> None:
    (folder / "sub" / "file").read_text()


@pytest.mark.parametrize(
    ("change", "changed", "new"),
    [
        (_nothing, (), ()),
        (_overwritten, ("sub/file",), ()),
        (_replaced, ("sub/file",), ()),
        (_opened, ("sub/file",), ()),
        (_opened_folder, ("sub",), ()),
        (_linked_elsewhere, ("link",), ()),
        (_added, (), ("evil.pth", "sub/__pycache__")),
        (lambda folder: (folder / "sub" / "file").unlink(), ("sub/file",), ()),
    ],
)
def test_between(
    folder: Path, change: Callable[[Path], None], changed: tuple[str, ...], new: tuple[str, ...]
) -> None:
    """All changes of files are found. Of a new folder, only the folder is listed."""
    before = file_changes.snapshot([folder])
    change(folder)

    found = file_changes.between(before, file_changes.snapshot([folder]))

    expected = Changes(*(tuple(f"{folder}/{name}" for name in names) for names in (changed, new)))
    assert expected == found


def test_snapshot_of_what_is_not_there(tmp_path: Path) -> None:
    """A missing folder is empty. Skipped names are not searched."""
    (tmp_path / ".git").mkdir()

    found = file_changes.snapshot([tmp_path, tmp_path / "missing"], without={".git"})

    assert [str(tmp_path)] == [*found]
