"""The ends of commands: their messages, and their files."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tools import ROOT
from tools.command import Parser
from tools.console import Failure

# A command that fills the cache with what two programs make side by side.
_LONG = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from tools import command, process
from tools.parallel import together

def main(arguments, settings):
    cache = settings.cache
    def job(name):
        def fill(folder):
            (folder / "pid").write_text("")
            script = f"sleep 60 & echo $! >{folder}/pid; wait"
            process.quietly(name, ["sh", "-c", script], logs=cache.logs)
        cache.once(cache.folder / "stack" / name, fill)
    together(lambda: job("run"), lambda: job("build"))

command.run(main)
"""

_FAILING = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from tools import command
from tools.console import Failure

def main(arguments, settings):
    if arguments == ["disk"]:
        open("/dev/full", "w").write("x" * 100000)
    raise Failure("It failed", "Found: nothing")

command.run(main)
"""


def run(script: str, home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command of ours."""
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", script, ROOT, *arguments],
        env={**os.environ, "XDG_CACHE_HOME": str(home)},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_failure_is_written_and_the_status_is_1(tmp_path: Path) -> None:
    """The first line has what happened, the lines below have what was found."""
    started = run(_FAILING, tmp_path)
    written = started.communicate()[1]

    assert 1 == started.returncode
    assert "Error: It failed\n  Found: nothing\n" == written


def test_a_full_disk_is_an_error_without_a_traceback(tmp_path: Path) -> None:
    """The error has the system's message."""
    started = run(_FAILING, tmp_path, "disk")
    written = started.communicate()[1]

    assert 1 == started.returncode
    assert "Error: No space left on device\n" in written
    assert "set XDG_CACHE_HOME" in written
    assert "Traceback" not in written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_takes_back_what_is_half_done(tmp_path: Path, number: signal.Signals) -> None:
    """No program and no incomplete folder is left, even if only one process gets the signal."""
    started = run(_LONG, tmp_path)
    stack = tmp_path / "knative-python" / "stack"
    pids = [int(text) for text in _both(stack)]

    started.send_signal(number)
    written = started.communicate(timeout=20)[1]

    assert 130 == started.returncode
    assert "" == written
    assert [] == list(stack.iterdir())
    assert [] == [pid for pid in pids if _runs(pid)]


def _runs(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return False


def _both(stack: Path) -> list[str]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = [path.read_text() for path in stack.glob("*.half.*/pid")]
        if len(found) == 2 and all(found):
            return found
        time.sleep(0.02)
    pytest.fail("the programs did not start")


def test_errors_of_arguments_read_like_all_others() -> None:
    """The error has the problem, and then the usage."""
    parser = Parser("build.sh", "Makes images.")
    parser.add_argument("--oci")

    with pytest.raises(Failure, match=r"^Unrecognized arguments: --all") as failed:
        parser.parse_args(["--all"])

    assert "  Usage: build.sh [-h] [--oci OCI]" in str(failed.value)


def test_no_option_is_guessed() -> None:
    """An abbreviated option is unknown, because a new option could change its meaning."""
    parser = Parser("build.sh", "Makes images.")
    parser.add_argument("--locked", action="store_true")

    with pytest.raises(Failure, match="Unrecognized arguments: --lock"):
        parser.parse_args(["--lock"])
