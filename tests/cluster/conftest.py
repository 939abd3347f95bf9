"""Fixtures of all tests on the cluster."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from testcontainers.core.docker_client import DockerClient

from cluster import node
from cluster.node import Namespace
from image import prerequisites
from image.conftest import docker, pack
from image.func import Func
from image.pack import Pack

__all__ = ["docker", "pack"]


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """Return a namespace of the cluster that no other file has."""
    with node.namespace(f"functest-{uuid.uuid4().hex[:8]}") as made:
        yield made


@pytest.fixture(scope="session")
def probe(pack: Pack, docker: DockerClient) -> Iterator[str]:
    """Return an image of tests/fixtures/functions/platform_probe that the cluster can pull."""
    with pushed(pack, docker, "platform_probe") as name:
        yield name


@pytest.fixture(scope="module")
def recorder(pack: Pack, docker: DockerClient) -> Iterator[str]:
    """Return an image of tests/fixtures/functions/event_recorder that the cluster can pull."""
    with pushed(pack, docker, "event_recorder") as name:
        yield name


@contextmanager
def pushed(pack: Pack, docker: DockerClient, function: str) -> Iterator[str]:
    """Build a function of tests/fixtures/functions, and push it under a unique name."""
    built = pack.build(prerequisites.FUNCTIONS / function)
    name = f"{prerequisites.REGISTRY}/functest-{uuid.uuid4().hex[:8]}/{function}"
    docker.client.images.get(built.image.name).tag(name)
    docker.client.images.push(name)
    yield name
    docker.client.images.remove(name)


@pytest.fixture(scope="module")
def func(
    namespace: Namespace, docker: DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Func]:
    """Return func, which deploys to the cluster."""
    program = prerequisites.program("func")
    folder = tmp_path_factory.mktemp("func")
    made = Func(program, docker, folder, namespace=namespace.name, variables=node.VARIABLES)
    yield made
    made.remove_all()
