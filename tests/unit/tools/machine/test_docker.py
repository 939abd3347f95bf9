"""What the Docker daemon leaves when it is killed."""

import os
from pathlib import Path

import pytest

from tools.machine.docker import forget_stale


@pytest.mark.parametrize("content", [f"{2**22 + 1}", "", "words", "1"])
def test_the_note_of_another_program_goes(tmp_path: Path, content: str) -> None:
    """dockerd does not start while its pid file names a process, whichever it is."""
    note = tmp_path / "docker.pid"
    note.write_text(content)

    forget_stale(note, "dockerd")

    assert not note.exists()


def test_the_note_of_the_program_stays(tmp_path: Path) -> None:
    """A daemon that runs keeps its pid file."""
    note = tmp_path / "docker.pid"
    note.write_text(f"{os.getpid()}\n")

    forget_stale(note, Path("/proc/self/exe").readlink().name)

    assert note.exists()


def test_without_a_note(tmp_path: Path) -> None:
    """There is nothing to do."""
    forget_stale(tmp_path / "docker.pid", "dockerd")
