"""Child processes: their output without secrets."""

import os
from pathlib import Path

import pytest

from function_buildpack import process
from function_buildpack.errors import ToolMissing
from function_buildpack.process import Result


def test_missing(tmp_path: Path) -> None:
    """A program that is not on the given PATH is named."""
    with pytest.raises(ToolMissing, check=lambda error: error.name == "no-such-program"):
        process.run(["no-such-program"], environ=os.environ, cwd=tmp_path)


def test_masked(tmp_path: Path) -> None:
    """Neither the lines nor the whole output hold a secret; a listener is optional."""
    run = process.masked(process.run, {"planted"})
    lines: list[str] = []
    command = ["sh", "-c", "echo planted; exit 3"]

    result = run(command, environ=os.environ, cwd=tmp_path, on_line=lines.append)

    assert ["****"] == lines
    assert Result(3, "****\n") == result
    assert result == run(command, environ=os.environ, cwd=tmp_path)
