"""The index: what it serves can be locked and installed, and what was fetched is counted."""

import os
import subprocess
import sys
from pathlib import Path

from bench.build import functions, index


def test_serving(tmp_path: Path) -> None:
    """uv locks a function with its packages and installs them; only wheels count as fetched."""
    uv = Path(sys.executable).parent / "uv"
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([uv, "venv", "--quiet", tmp_path / "venv"], check=True)
    with index.serving("127.0.0.1", 3) as served:
        own = {"UV_DEFAULT_INDEX": served.url, "UV_CACHE_DIR": str(tmp_path / "cache")}
        environ = {**os.environ, **own}
        folder = functions.with_dependencies(tmp_path / "function", 2, uv, environ)
        assert [] == served.fetched

        command = [str(uv), "pip", "install", "--quiet", "--python", python, "-r", "pyproject.toml"]
        subprocess.run(command, cwd=folder, env=environ, check=True)

        assert ["bench-part-000", "bench-part-001"] == sorted(served.fetched)
    code = "from bench_part_001.part_39 import step_24; print(step_24(2))"
    ended = subprocess.run([python, "-c", code], check=True, text=True, stdout=subprocess.PIPE)
    assert "26" == ended.stdout.strip()
    assert 'name = "bench-part-001"' in (folder / "uv.lock").read_text()
