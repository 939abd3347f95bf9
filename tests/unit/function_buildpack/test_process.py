"""Child processes: their output without secrets."""

import os
from pathlib import Path

from function_buildpack import process
from function_buildpack.process import Result


def test_masked(tmp_path: Path) -> None:
    """Neither the lines nor the whole output hold a secret; a listener is optional."""
    run = process.masked(process.run, {"planted"})
    lines: list[str] = []
    command = ["sh", "-c", "echo planted; exit 3"]

    result = run(command, environ=os.environ, cwd=tmp_path, on_line=lines.append)

    assert ["****"] == lines
    assert Result(3, "****\n") == result
    assert result == run(command, environ=os.environ, cwd=tmp_path)
