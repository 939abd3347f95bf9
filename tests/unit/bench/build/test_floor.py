"""The buildpack that does nothing."""

import os
import subprocess
import tomllib
from pathlib import Path

from bench.build import floor


def test_write(tmp_path: Path) -> None:
    """It accepts every source, and describes a process, without which there is no image."""
    folder = floor.write(tmp_path / "floor")

    subprocess.run([folder / "bin" / "detect"], check=True)
    environ = {**os.environ, "CNB_LAYERS_DIR": str(tmp_path)}
    subprocess.run([folder / "bin" / "build"], env=environ, check=True)
    launch = tomllib.loads((tmp_path / "launch.toml").read_text())
    assert ["web"] == [process["type"] for process in launch["processes"]]
    assert (
        "bench/floor" == tomllib.loads((folder / "buildpack.toml").read_text())["buildpack"]["id"]
    )
