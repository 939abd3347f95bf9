"""The first process of the node: it ends when one of its programs does."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT

# A process of its own: it reaps all children.
_SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tools import command
from tools.cluster.node.node import Node
from tools.cluster.node.programs import Program

def main(arguments, settings):
    node = Node(Path(arguments[1]))
    node.start([Program("etcd", ["sleep", "2"]), Program("apiserver", ["sh", "-c", arguments[3]])])
    if arguments[2] == "starting":
        node.wait_until(lambda: False)
    node.wait()

command.run(main)
"""


def run(logs: Path, phase: str, program: str) -> tuple[int, str]:
    """Run a node whose second program is a line of sh; return its exit status and its errors."""
    command = [sys.executable, "-I", "-B", "-c", _SCRIPT, str(ROOT), str(logs), phase, program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("phase", ["starting", "started"])
@pytest.mark.parametrize(
    ("program", "ended"),
    [
        ("echo no such file >&2; exit 3", "apiserver has ended with status 3\n  no such file\n"),
        ("exit 0", "apiserver has ended with status 0\n"),
        ("kill -9 $$", "apiserver was killed by signal 9\n"),
    ],
)
def test_the_program_that_ended_is_named(
    tmp_path: Path, phase: str, program: str, ended: str
) -> None:
    """The error has its status and the end of its log, also during the start of others."""
    assert (1, f"Error: {ended}") == run(tmp_path, phase, program)


def test_each_program_has_a_log(tmp_path: Path) -> None:
    """Each program's output is in a file with its name."""
    run(tmp_path, "started", "echo ready; exit 1")

    assert "ready\n" == (tmp_path / "apiserver.log").read_text()
    assert "" == (tmp_path / "etcd.log").read_text()


def test_what_containers_leave_is_reaped(tmp_path: Path) -> None:
    """The end of an orphaned process does not end the node."""
    orphan = "(sh -c 'exit 7' &) ; sleep 0.2; exit 5"

    assert (1, True) == (
        (done := run(tmp_path, "started", orphan))[0],
        "apiserver has ended with status 5" in done[1],
    )
