"""Modes: the same on each machine, and open to everybody."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from function_buildpack.log.errors.source import FileUnreadable
from function_buildpack.system import file_modes

_NOBODY = 65534


def modes(folder: Path) -> dict[str, int]:
    """Return the modes of all that is in a folder."""
    return {
        str(path.relative_to(folder)): path.lstat().st_mode & 0o7777 for path in folder.rglob("*")
    }


@pytest.mark.parametrize("umask", [0o002, 0o022, 0o077])
def test_settle(tmp_path: Path, umask: int) -> None:
    """Files get git's modes, regardless of the umask. Links keep theirs."""
    for name, mode in {"run.sh": 0o777, "data/x": 0o666}.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        path.chmod(mode & ~umask)
    (tmp_path / "data").chmod(0o777 & ~umask)
    (tmp_path / "dangling").symlink_to("missing")

    opened = file_modes.normalize(tmp_path)

    assert {"data": 0o755, "data/x": 0o644, "run.sh": 0o755, "dangling": 0o777} == modes(tmp_path)
    closed = {"data", "x", "run.sh"} if umask == 0o077 else set()
    assert closed == {path.name for path in opened} - {tmp_path.name}


@pytest.mark.parametrize(("before", "opened"), [(0o777, 0), (0o1777, 0), (0o2775, 0), (0o700, 1)])
def test_settle_the_folder_itself(tmp_path: Path, before: int, opened: int) -> None:
    """Everybody can read the folder, and only its owner can write there."""
    tmp_path.chmod(before)

    assert [tmp_path] * opened == file_modes.normalize(tmp_path)

    assert 0o755 == tmp_path.stat().st_mode & 0o7777


def test_writable(tmp_path: Path) -> None:
    """Files that others can write to are found. Links are not their targets."""
    for name, mode in {"everybody": 0o646, "group": 0o664, "owner": 0o644}.items():
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    (tmp_path / "link").symlink_to("everybody")

    assert {"everybody", "group"} == {path.name for path in file_modes.writable(tmp_path)}


def test_settle_as_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contents of a closed folder are opened, too."""
    inner = [tmp_path / name for name in ("closed/deeper/data", "closed/deeper", "closed")]
    inner[1].mkdir(parents=True)
    inner[0].touch()
    monkeypatch.chdir(tmp_path)
    for path in inner:
        path.chmod(0)

    with somebody(tmp_path, *inner):
        opened = file_modes.normalize(Path())

    assert {"closed", "deeper", "data"} <= {path.name for path in opened}
    assert {0o644, 0o755} == set(modes(tmp_path).values())


@contextmanager
def somebody(*owned: Path) -> Iterator[None]:
    """Act as a user who is not root and owns these files."""
    if os.geteuid() != 0:
        yield
        return
    for path in owned:
        os.chown(path, _NOBODY, _NOBODY)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_settle_of_others() -> None:
    """A closed file of another user is an error: nobody could read it in the image."""
    not_even_root_may = Path("/proc/self/task")

    with pytest.raises(FileUnreadable) as caught:
        file_modes.normalize(not_even_root_may)

    assert "another user owns it" in caught.value.problem


def test_settle_of_others_that_are_open() -> None:
    """A readable file of another user may keep its mode."""
    not_even_root_may = Path("/proc/sys/kernel/random")

    assert [] == file_modes.normalize(not_even_root_may)


@pytest.mark.parametrize(
    ("before", "after"), [(0o777, 0o755), (0o775, 0o775), (0o755, 0o755), (0o1777, 0o1777)]
)
def test_close(tmp_path: Path, before: int, after: int) -> None:
    """A folder that everybody can write to is closed, unless it has the sticky bit."""
    tmp_path.chmod(before)

    file_modes.close(tmp_path)

    assert after == tmp_path.stat().st_mode & 0o7777


def test_close_of_others(tmp_path: Path) -> None:
    """The folder of another user stays as it is."""
    if os.geteuid() == 0:
        os.chown(tmp_path, _NOBODY, _NOBODY)
    tmp_path.chmod(0o777)
    expected = 0o777 if os.geteuid() == 0 else 0o755

    file_modes.close(tmp_path)

    assert expected == tmp_path.stat().st_mode & 0o7777
