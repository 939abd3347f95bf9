"""The commands of the node's programs."""

from pathlib import Path

import pytest

from tools import settings
from tools.cluster import credentials
from tools.cluster.node import configuration, programs
from tools.cluster.node.programs import Program
from tools.cluster.settings import Cluster


@pytest.fixture
def first(cluster: Cluster) -> list[Program]:
    """What is started first."""
    return programs.first(cluster, configuration.files(cluster), Path("/bin/docker-registry"))


@pytest.fixture
def second(cluster: Cluster) -> list[Program]:
    """What is started once the API server answers."""
    return programs.second(cluster, configuration.files(cluster))


def words(started: list[Program], name: str) -> list[str]:
    """Return the command of a program."""
    (found,) = (program for program in started if program.name == name)
    return [str(word) for word in found.command]


def test_order(first: list[Program], second: list[Program]) -> None:
    """etcd is before the API server, and its clients are after it."""
    assert ["registry", "ghcr", "etcd", "apiserver", "containerd"] == [
        program.name for program in first
    ]
    assert ["controller-manager", "scheduler", "kubelet", "proxy", "dns", "gateway"] == [
        program.name for program in second
    ]


def test_files_that_programs_name_are_written(
    cluster: Cluster, first: list[Program], second: list[Program]
) -> None:
    """The node writes each configuration file that a command names."""
    named = {
        Path(word)
        for program in (*first, *second)
        for option, word in zip(program.command, program.command[1:], strict=False)
        if option in {"--config", "-conf"}
    }

    assert 4 == len(named)
    assert set() == named - set(configuration.contents(cluster))


def test_keys_that_programs_name_are_made(cluster: Cluster, first: list[Program]) -> None:
    """credentials.py creates each key and certificate that a command names."""
    folder = f"{cluster.pki}/"
    named = {
        word.partition(folder)[2]
        for name in ("apiserver", "ghcr")
        for word in words(first, name)
        if folder in word
    }
    made = {word for command in credentials.commands() for word in command}

    assert {"tokens.csv"} == named - made


def test_the_registry_stands_for_ghcr(cluster: Cluster, first: list[Program]) -> None:
    """A second server has the same images, with TLS, at the address of this name in pods."""
    plain, ghcr = words(first, "registry"), words(first, "ghcr")

    assert plain[-3:] == ghcr[-3:]
    assert "REGISTRY_HTTP_ADDR=0.0.0.0:5000" in plain
    assert "REGISTRY_HTTP_ADDR=198.18.93.2:443" in ghcr


def test_another_port_of_the_registry(tmp_path: Path) -> None:
    """On the node, it listens on port 5000 with any REGISTRY_PORT, and has the same images."""
    environ = {"XDG_CACHE_HOME": str(tmp_path), "REGISTRY_PORT": "5001"}
    cluster = Cluster(settings.read(environ, tmp_path))
    started = programs.first(cluster, configuration.files(cluster), Path("docker-registry"))

    command = words(started, "registry")
    assert ["env", "REGISTRY_HTTP_ADDR=0.0.0.0:5000", "docker-registry", "serve"] == command[:-1]
    assert command[-1].endswith("/registry/5001.yml")
