"""The guide's way to test a function, on the examples: a virtual environment, pip, pytest."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from image import prerequisites


@pytest.mark.parametrize("example", ["http", "cloudevents", "reviews/moderate", "reviews/rate"])
def test_example_passes_its_own_tests(tmp_path: Path, example: str) -> None:
    """`pip install -e .` and `pytest` in a new environment are enough."""
    project = shutil.copytree(prerequisites.EXAMPLES / example, tmp_path / example)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    for command in (
        [sys.executable, "-m", "venv", "venv"],
        ["venv/bin/pip", "install", "--quiet", "-e", "."],
        ["venv/bin/pytest"],
    ):
        done = subprocess.run(
            command, cwd=project, env=env, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
