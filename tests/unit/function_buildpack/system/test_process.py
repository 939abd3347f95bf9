"""Child processes: their output without secrets."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from function_buildpack.log.errors.tools import ToolMissing
from function_buildpack.system import process
from function_buildpack.system.kernel import Confinement
from function_buildpack.system.process import Result


def test_missing(tmp_path: Path) -> None:
    """A program that is not on the given PATH is an error with its name."""
    with pytest.raises(ToolMissing, check=lambda error: error.name == "no-such-program"):
        process.run(["no-such-program"], environ=os.environ, cwd=tmp_path)


def test_masked(tmp_path: Path) -> None:
    """Neither lines nor the whole output contain a secret. A listener is optional."""
    run = process.masked(process.run, {"planted"})
    lines: list[str] = []
    command = ["sh", "-c", "echo planted; exit 3"]

    result = run(command, environ=os.environ, cwd=tmp_path, on_line=lines.append)

    assert ["****"] == lines
    assert Result(3, "****\n") == result
    assert result == run(command, environ=os.environ, cwd=tmp_path)


def test_renamed(tmp_path: Path) -> None:
    """Paths are shown by other names."""
    run = process.renamed(process.run, {"/copies": "/workspace"})

    result = run(["echo", "/copies/a:3"], environ=os.environ, cwd=tmp_path)

    assert Result(0, "/workspace/a:3\n") == result


PATIENCE = 60.0


def test_limit_kept(tmp_path: Path) -> None:
    """A command that exits in time is not affected, even if a child process goes on."""
    lines: list[str] = []
    command = ["sh", "-c", "sleep 1000 & echo one; echo two >&2; exit 3"]

    result = process.run(
        command, environ=os.environ, cwd=tmp_path, on_line=lines.append, limit=PATIENCE
    )

    assert Result(3, "one\ntwo\n") == result
    assert ["one", "two"] == lines


@pytest.mark.parametrize("ignores", ["", "trap '' ABRT;"])
def test_limit_exceeded(tmp_path: Path, ignores: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that takes too long is killed with its children. Its output is kept."""
    monkeypatch.setattr(process, "_ABORT_SECONDS", 0.2)
    command = ["sh", "-c", f"{ignores} (sleep 2; touch late) & echo said; sleep 1000; true"]

    result = process.run(command, environ=os.environ, cwd=tmp_path, limit=0.5)

    assert not result.in_time
    assert "said\n" == result.output
    time.sleep(2.5)
    assert [] == list(tmp_path.iterdir())


def test_limit_tells_where(tmp_path: Path) -> None:
    """A Python with its fault handler on writes its position."""
    command = [sys.executable, "-X", "faulthandler", "-c", "import time\n\ntime.sleep(1000)"]

    result = process.run(command, environ=os.environ, cwd=tmp_path, limit=2)

    assert 'File "<string>", line 3 in <module>' in result.output


def test_limit_keeps_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a long output is kept."""
    monkeypatch.setattr(process, "_KEPT_BYTES", 4)

    result = process.run(["echo", "1234567"], environ=os.environ, cwd=tmp_path, limit=PATIENCE)

    assert "567\n" == result.output


def test_run_ends_all(tmp_path: Path) -> None:
    """An exception of the listener kills a confined command and its children."""
    started: list[int] = []

    def refuse(line: str) -> None:
        started.append(int(line))
        if len(started) == 2:
            raise ValueError(line)

    script = "echo $$; sh -c 'echo $$; sleep 60; :' ; :"

    with pytest.raises(ValueError, match=r"\d+"):
        process.run(
            ["sh", "-c", script],
            environ=os.environ,
            cwd=tmp_path,
            on_line=refuse,
            confinement=Confinement(),
        )

    assert [False, False] == [is_running(pid) for pid in started]


def is_running(pid: int) -> bool:
    """Return whether a process is there and has not ended; who waits for it is another question."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


HIDDEN = "(setsid sh -c 'sleep 0.5; touch late' >/dev/null 2>&1 &); echo said"


@pytest.mark.parametrize("limit", [None, PATIENCE])
def test_confined(tmp_path: Path, limit: float | None) -> None:
    """Remaining children of a confined command are killed, and no other process."""
    other = subprocess.Popen(["sleep", "1000"])
    confinement = Confinement(kept=(tmp_path,))

    result = process.run(
        ["sh", "-c", f"touch file; {HIDDEN}"],
        environ=os.environ,
        cwd=tmp_path,
        limit=limit,
        confinement=confinement,
    )

    assert None is other.poll()
    other.kill()
    other.wait()
    assert result.output.endswith("Permission denied\nsaid\n")
    time.sleep(0.8)
    assert [] == list(tmp_path.iterdir())


def test_confined_but_not_its_process(tmp_path: Path) -> None:
    """Remaining children of a command stop writing."""
    process.run(["sh", "-c", HIDDEN], environ=os.environ, cwd=tmp_path, confinement=Confinement())

    time.sleep(0.8)
    assert [] == list(tmp_path.iterdir())
