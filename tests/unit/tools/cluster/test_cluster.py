"""tools/cluster.sh without a cluster."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import ROOT
from tools.cluster.settings import Cluster


def run(cache: Path, *arguments: str) -> tuple[int, str]:
    """Run the command with an empty cache; return its exit status and its errors."""
    command: list[str | Path] = [ROOT / "tools" / "cluster.sh", *arguments]
    environ = os.environ | {"XDG_CACHE_HOME": str(cache)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_nothing_to_end(tmp_path: Path) -> None:
    """Without a cluster, `make stop` prints nothing."""
    assert (0, "") == run(tmp_path, "down")


def test_logs_stay(cluster: Cluster) -> None:
    """The logs are kept when the cluster is removed, because errors name them."""
    assert not cluster.logs.is_relative_to(cluster.state)


@pytest.mark.parametrize("arguments", [["sideways"], ["up", "--now"]])
def test_a_wrong_argument(tmp_path: Path, arguments: list[str]) -> None:
    """The error says how the command is used."""
    status, written = run(tmp_path, *arguments)

    assert 1 == status
    assert "Usage: cluster.sh [-h] [{up,down}]" in written
