"""Confinement by the kernel."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from function_buildpack.system import kernel
from function_buildpack.system.kernel import Confinement

SCRIPT = """
cat hidden/secret
cat kept/file
echo new >kept/file
echo new >kept/other
rm kept/file
mv kept/file kept/scratch/
echo new >kept/scratch/a && mkdir kept/scratch/sub && mv kept/scratch/a kept/scratch/sub/
echo new >free && cat free
"""


def shell(confinement: Confinement, version: int, folder: Path) -> tuple[bool, list[str]]:
    """Run the script from a confined thread; return whether it was confined, and the output."""
    said: list[str] = []
    confined: list[bool] = []

    def run() -> None:
        confined.append(kernel.restrict(confinement, version))
        ended = subprocess.run(
            ["sh", "-c", SCRIPT], cwd=folder, text=True, stdout=-1, stderr=-2, check=False
        )
        said.extend(ended.stdout.splitlines())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return confined[0], said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a secret, and with one that is to be kept as it is."""
    for name in ("hidden", "kept/scratch"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "hidden" / "secret").write_text("secret\n")
    (tmp_path / "kept" / "file").write_text("old\n")
    (tmp_path / "free").touch()
    (tmp_path / "link").symlink_to("kept")
    return tmp_path


# Of each interface that differs; the newest that this kernel has.
@pytest.mark.parametrize("version", [2, 3, 6])
def test_restrict(folder: Path, version: int) -> None:
    """Hidden files cannot be read, kept ones cannot be changed. Others are not affected."""
    confinement = Confinement(
        (folder / "hidden",), (folder / "link",), (folder / "kept" / "scratch",)
    )

    confined, said = shell(confinement, min(version, kernel.version()), folder)

    assert confined
    assert ["old", "new"] == [line for line in said if ":" not in line]
    assert 5 == sum("Permission denied" in line for line in said)
    assert "old\n" == (folder / "kept" / "file").read_text()
    assert "new\n" == (folder / "kept" / "scratch" / "sub" / "a").read_text()
    (folder / "kept" / "file").write_text("this thread may")


@pytest.mark.parametrize("version", [-1, 0, 1])
def test_kernels_without(folder: Path, version: int) -> None:
    """An old kernel confines nothing."""
    confinement = Confinement((folder / "hidden",), (folder / "kept",))

    assert not shell(confinement, version, folder)[0]
    assert not (folder / "kept" / "file").exists()


def test_signals(tmp_path: Path) -> None:
    """A confined process cannot end this one."""
    codes: list[int] = []

    def run() -> None:
        kernel.restrict(Confinement(), kernel.version())
        codes.append(subprocess.run(["sh", "-c", f"kill -0 {os.getpid()}"], check=False).returncode)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert [1] == codes
