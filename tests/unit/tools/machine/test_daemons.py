"""Background programs."""

import fcntl
import os
import time
from pathlib import Path

import pytest

from tools.cache.cache import Cache
from tools.console import Failure
from tools.machine.daemons import Daemon, wait_until

_SERVES = "trap 'exit 0' TERM; touch {ready}; while :; do sleep 0.02; done"


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    """A daemon of an empty cache."""
    return Daemon(Cache(tmp_path), "served", "the server")


def start(daemon: Daemon, folder: Path) -> None:
    """Start a program that prints a line when it is ready."""
    ready = folder / "ready"
    daemon.start(["sh", "-c", _SERVES.format(ready=ready)], ready.exists, 10)


def test_it_is_found_and_ended(daemon: Daemon, tmp_path: Path) -> None:
    """Another command finds the program by its note, and ends it."""
    assert daemon.pid is None
    start(daemon, tmp_path)
    other = Daemon(Cache(tmp_path), "served", "the server")
    pid = other.pid
    assert pid

    other.stop()

    assert daemon.pid is None
    assert ["served.log"] == [path.name for path in (tmp_path / "running").iterdir()]


def test_it_holds_no_lock_of_its_caller(daemon: Daemon, tmp_path: Path) -> None:
    """A lock of the caller (`flock FILE make registry`) ends with the caller."""
    with (tmp_path / "lock").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        fcntl.flock(held, fcntl.LOCK_EX)
        start(daemon, tmp_path)

    try:
        with (tmp_path / "lock").open("w") as free:
            fcntl.flock(free, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        daemon.stop()


def test_a_number_that_is_used_again_is_not_ours(daemon: Daemon, tmp_path: Path) -> None:
    """A program with the same number but another start time is not stopped."""
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "served").write_text(f"{os.getpid()} 1\n")

    assert daemon.pid is None
    daemon.stop()


@pytest.mark.parametrize("note", ["", "12", f"{2**22 + 1} none"])
def test_a_note_of_no_process(daemon: Daemon, tmp_path: Path, note: str) -> None:
    """An incomplete note, or one of an ended process, is ignored."""
    (tmp_path / "running").mkdir()
    (tmp_path / "running" / "served").write_text(note)

    assert daemon.pid is None


def test_a_program_that_ends_is_an_error_at_once(daemon: Daemon) -> None:
    """The end of its log is shown, without waiting longer."""
    began = time.monotonic()

    with pytest.raises(Failure, match=r"^The server did not start") as failed:
        daemon.start(["sh", "-c", "echo port is taken; exit 1"], lambda: False, 60)

    assert "port is taken" in str(failed.value)
    assert f"The whole log: {daemon.log}" in str(failed.value)
    assert time.monotonic() - began < 20


def test_waiting_ends() -> None:
    """Waiting has a time limit."""
    assert not wait_until(lambda: False, 0.05)
    assert wait_until(lambda: True, 0)
