"""Fixtures of the tests of the cluster."""

from pathlib import Path

import pytest

from tools import settings
from tools.cluster.settings import Cluster


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    """A cluster that was never started, with an empty cache."""
    return Cluster(settings.read({"XDG_CACHE_HOME": str(tmp_path)}, tmp_path))
