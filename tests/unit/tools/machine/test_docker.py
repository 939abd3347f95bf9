"""Permission to use the Docker daemon, and its files after it was killed."""

import os
from pathlib import Path

import pytest

from tools import settings
from tools.console import Failure
from tools.machine import docker
from tools.machine.docker import forget_stale

# Stands where docker stands, for a user who is not in the group docker.
_DENIED = """#!/bin/sh
echo 'permission denied while trying to connect to the Docker daemon socket' >&2
exit 1
"""


def test_a_user_without_the_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the missing permission. Nothing is installed or started."""
    program = tmp_path / "docker"
    program.write_text(_DENIED)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    home = tmp_path / "home"

    with pytest.raises(Failure) as raised:
        docker.start(settings.read({"HOME": str(home)}, tmp_path))

    assert "This user may not use Docker" == raised.value.title
    assert not home.exists()


@pytest.mark.parametrize("content", [f"{2**22 + 1}", "", "words", "1"])
def test_the_note_of_another_program_goes(tmp_path: Path, content: str) -> None:
    """The pid file of another process is removed, because dockerd would not start."""
    note = tmp_path / "docker.pid"
    note.write_text(content)

    forget_stale(note, "dockerd")

    assert not note.exists()


def test_the_note_of_the_program_stays(tmp_path: Path) -> None:
    """A running daemon keeps its pid file."""
    note = tmp_path / "docker.pid"
    note.write_text(f"{os.getpid()}\n")

    forget_stale(note, Path("/proc/self/exe").readlink().name)

    assert note.exists()


def test_without_a_note(tmp_path: Path) -> None:
    """Without a pid file, nothing happens."""
    forget_stale(tmp_path / "docker.pid", "dockerd")
