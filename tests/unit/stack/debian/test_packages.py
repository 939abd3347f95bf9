"""Locks of Debian packages."""

from pathlib import Path

import pytest

from stack.debian import packages
from stack.debian.packages import Package
from tools.console import Failure

_LOCK = [
    Package("bash", "5.2", "aa"),
    Package("netbase", "6.5", "bb"),
    Package("zlib1g", "1", "cc"),
]


def test_a_lock_is_read(tmp_path: Path) -> None:
    """Name, version and hash of each package; comments do not count."""
    (tmp_path / "lock").write_text("# Debian\nbash 5.2 aa\n\nnetbase 6.5 bb\n")

    assert _LOCK[:2] == packages.read(tmp_path / "lock")


def test_a_lock_that_is_not_there(tmp_path: Path) -> None:
    """A missing lock is an error: images are not silently built from other packages."""
    with pytest.raises(Failure, match="A list of packages cannot be read") as failed:
        packages.read(tmp_path / "trixie.amd64")

    assert f"Found: {tmp_path}/trixie.amd64: No such file or directory" in str(failed.value)
    assert "make lock-stack" in str(failed.value)


@pytest.mark.parametrize("line", ["bash", "bash 5.2", "bash 5.2 aa bb"])
def test_a_lock_that_was_cut_short(tmp_path: Path, line: str) -> None:
    """A line without its three words is an error."""
    (tmp_path / "lock").write_text(f"{line}\n")

    with pytest.raises(Failure, match="is not a list of packages"):
        packages.read(tmp_path / "lock")


def test_preferences_of_apt() -> None:
    """Each package of the lock has a higher priority than the archive's preferences."""
    assert (
        "Package: bash\nPin: version 5.2\nPin-Priority: 1001\n\n"
        "Package: netbase\nPin: version 6.5\nPin-Priority: 1001\n\n"
    ) == packages.preferences(_LOCK[:2])
    assert "" == packages.preferences([])


def test_changes() -> None:
    """Another version, another hash and a new package are named; the order does not count."""
    found = [
        Package("zlib1g", "1", "dd"),
        Package("netbase", "7", "ee"),
        Package("bash", "5.2", "aa"),
        Package("acl", "2", "ff"),
        Package("netbase", "7", "ee"),
    ]

    assert [
        "acl: not in the lock -> 2",
        "netbase: 6.5 -> 7",
        "zlib1g: 1 -> 1",
    ] == packages.changes(_LOCK, found)
    assert [] == packages.changes(_LOCK, reversed(_LOCK))


def test_gone() -> None:
    """A package that is no longer in an image is named."""
    assert ["netbase: 6.5 -> gone"] == packages.gone(_LOCK, [_LOCK[0], _LOCK[2]])
