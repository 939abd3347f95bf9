"""tools/run.sh: the host's Python, without the caller's modules."""

import os
import subprocess
from pathlib import Path

from tools import ROOT


def run(folder: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Print the lines of a description, from a folder."""
    described = ROOT / "stack" / "run" / "packages"
    command: list[str | Path] = [
        ROOT / "tools" / "run.sh",
        "stack.description.descriptions",
        "tiny",
        described,
    ]
    return subprocess.run(
        command, cwd=folder, env=os.environ | environ, capture_output=True, text=True, check=False
    )


def test_folder_and_variables_of_the_caller_do_not_count(tmp_path: Path) -> None:
    """Modules in the caller's folder, or on its PYTHONPATH, are not imported."""
    for name in ("stack.py", "tools.py", "json.py", "argparse.py"):
        (tmp_path / name).write_text("raise SystemExit('imported')")

    done = run(tmp_path, {"PYTHONPATH": str(tmp_path)})

    assert (0, "") == (done.returncode, done.stderr)
    assert "libc6" in done.stdout.split()


def test_an_older_python_is_an_error(tmp_path: Path) -> None:
    """The error says which Python was found, and how to get one."""
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\nif [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi\n')
    old.chmod(0o755)

    done = run(tmp_path, {"PATH": f"{tmp_path}:/usr/bin:/bin"})

    assert 1 == done.returncode
    assert "Python 3.11 or newer is required\n  Found: Python 3.9.2\n" in done.stderr
