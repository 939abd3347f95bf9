"""Processes of a measurement: they are ended, and their memory and CPU time are read."""

import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from bench.errors import BenchFailed
from bench.runtime import process
from bench.runtime.process import Running

# A server and a worker of it that holds some memory; both stay until they are ended.
SERVER = """
import os, time
worker = os.fork()
held = b"1" * 20_000_000 if worker == 0 else b""
if worker: print(os.getpid(), worker, flush=True)
time.sleep(60)
"""


def running(folder: Path, program: str) -> AbstractContextManager[Running]:
    """Run a program."""
    command = [sys.executable, "-c", program]
    return process.running(command, environ={}, cwd=folder, log=folder / "log")


def printed(server: Running) -> str:
    """Return what a server has written, once it has written a line."""
    while not server.log().endswith("\n"):
        server.check()
        time.sleep(0.01)
    return server.log()


def pids(server: Running) -> list[int]:
    """Return the ids of server and worker, once they are known."""
    return [int(pid) for pid in printed(server).split()]


def is_running(pid: int) -> bool:
    """Return whether a process exists and has not ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def test_failure_ends_the_tree(tmp_path: Path) -> None:
    """After an error, no process is left, not even a worker."""
    started: list[int] = []

    def fail() -> None:
        with running(tmp_path, SERVER) as server:
            started.extend(pids(server))
            assert [True, True] == list(map(is_running, started))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    end = time.monotonic() + 10
    while any(map(is_running, started)) and time.monotonic() < end:
        time.sleep(0.01)

    assert [False, False] == list(map(is_running, started))


def test_whole_tree_counts(tmp_path: Path) -> None:
    """A worker's memory counts for its server. In `own`, a page that both share counts once."""
    with running(tmp_path, SERVER) as server:
        end = time.monotonic() + 10
        while server.memory().own < 20_000_000 and time.monotonic() < end:
            time.sleep(0.01)
        memory = server.memory()

        assert 20_000_000 < memory.own < memory.resident


def test_cpu_time(tmp_path: Path) -> None:
    """CPU time is measured without waiting times."""
    busy = "import time; begin = time.process_time()\nwhile time.process_time() < 0.3: pass\n"

    program = f"{busy}print(time.process_time(), flush=True)\ntime.sleep(60)"
    with running(tmp_path, program) as server:
        used = float(printed(server))

        assert pytest.approx(used, abs=0.05) == server.cpu().total
        assert pytest.approx(used, abs=0.05) == server.exact_cpu_seconds()


def test_kernel_time(tmp_path: Path) -> None:
    """Of the CPU time, the kernel's part is that of system calls."""
    busy = (
        "import os, time\nfile = os.open('/dev/zero', os.O_RDONLY)\n"
        "while os.times().system < 0.3: os.read(file, 1 << 20)\n"
    )
    program = f"{busy}print(os.times().system, flush=True)\ntime.sleep(60)"
    with running(tmp_path, program) as server:
        kernel = float(printed(server))
        used = server.cpu()

        assert pytest.approx(kernel, abs=0.05) == used.kernel
        assert used.kernel <= used.total


def test_ended_server(tmp_path: Path) -> None:
    """A server that has ended by itself is an error with the end of its log."""
    expected = pytest.raises(BenchFailed, match=r"ended with 1\n.*no port")

    with (
        running(tmp_path, "import sys; sys.stdout.write('no port'); sys.exit(1)") as server,
        expected,
    ):
        pids(server)


def test_failed_command() -> None:
    """A command that fails, is missing or takes too long is an error that says why."""
    environ = {"PATH": "/usr/bin:/bin"}

    with pytest.raises(BenchFailed, match="sh failed\nwhat happened"):
        process.complete(["sh", "-c", "echo what happened; exit 3"], environ=environ)
    with pytest.raises(BenchFailed, match="no-such-program"):
        process.complete(["no-such-program"], environ=environ)
    with pytest.raises(BenchFailed, match="timed out"):
        process.complete(["sleep", "60"], environ=environ, within=0.1)
    assert "yes\n" == process.complete(["sh", "-c", "echo yes; exit 3"], environ=environ, codes=[3])
