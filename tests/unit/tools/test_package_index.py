"""The index: its packages can be locked and installed, and it records downloads."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from bench.build import functions, packages

from tools import package_index


def test_serving(tmp_path: Path) -> None:
    """uv locks and installs its packages. Only downloads of wheels are recorded."""
    uv = Path(sys.executable).parent / "uv"
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([uv, "venv", "--quiet", tmp_path / "venv"], check=True)
    with package_index.serving(packages.write(tmp_path / "packages", 3)) as index:
        own = {"UV_DEFAULT_INDEX": index.url, "UV_CACHE_DIR": str(tmp_path / "cache")}
        environ = {**os.environ, **own}
        folder = functions.with_dependencies(tmp_path / "function", 2, uv, environ)
        assert set() == index.fetched

        command = [str(uv), "pip", "install", "--quiet", "--python", python, "-r", "pyproject.toml"]
        subprocess.run(command, cwd=folder, env=environ, check=True)

        names = {f"bench_part_00{number}-1.0-py3-none-any.whl" for number in range(2)}
        assert names == index.fetched
    code = "from bench_part_001.part_39 import step_24; print(step_24(2))"
    ended = subprocess.run([python, "-c", code], check=True, text=True, stdout=subprocess.PIPE)
    assert "26" == ended.stdout.strip()
    assert 'name = "bench-part-001"' in (folder / "uv.lock").read_text()


def test_write_wheel(tmp_path: Path) -> None:
    """A wheel has the same bytes each time, so its hash in a lock stays valid."""
    made = [
        package_index.write_wheel(tmp_path / name, "acme", {"acme.py": "A = 1"}) for name in "ab"
    ]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_large_packages(tmp_path: Path) -> None:
    """A package can have megabytes of data that compress to about half."""
    (wheel,) = packages.write(tmp_path, 1, megabytes=2).iterdir()

    sizes = [item.file_size for item in ZipFile(wheel).infolist()]
    assert 2 == sizes.count(2**20)
    assert 0.9 * 2**20 < wheel.stat().st_size < 1.3 * 2**20
