"""The configuration files of the node's programs."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.cluster import host
from tools.cluster.node import configuration
from tools.cluster.settings import Cluster


@pytest.fixture
def contents(cluster: Cluster) -> dict[Path, str]:
    """All files."""
    return configuration.contents(cluster)


def test_kubelets_threshold_is_the_one_that_is_checked(
    cluster: Cluster, contents: dict[Path, str]
) -> None:
    """The disk check and kubelet's eviction have the same threshold."""
    read: Any = yaml.safe_load(contents[cluster.state / "kubelet.yaml"])

    threshold = f"{host.EVICTION_PERCENT}%"
    assert {"nodefs.available": threshold, "imagefs.available": threshold} == read["evictionHard"]


def test_all_is_in_the_clusters_folder(cluster: Cluster, contents: dict[Path, str]) -> None:
    """All files are there, except that of the name server, which is in the node's /run."""
    elsewhere = [path for path in contents if not path.is_relative_to(cluster.state)]

    assert [Path("/run/resolv.conf")] == elsewhere


def test_containerd(cluster: Cluster, contents: dict[Path, str]) -> None:
    """Its configuration has the folders of the files for registries and the pods' network."""
    read = tomllib.loads(contents[cluster.state / "containerd.toml"])["plugins"]
    cri = read["io.containerd.grpc.v1.cri"]

    networks = [path for path in contents if path.parent == Path(cri["cni"]["conf_dir"])]
    assert ["10-pods.conflist"] == [path.name for path in networks]
    assert "pods" == json.loads(contents[networks[0]])["name"]
    registries = Path(cri["registry"]["config_path"])
    mirror: dict[str, Any] = {"host": {"http://localhost:5000": {}}}
    assert mirror == tomllib.loads(contents[registries / "ghcr.io" / "hosts.toml"])
