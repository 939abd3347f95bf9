"""What every test on the cluster starts from."""

import uuid
from collections.abc import Iterator

import pytest
from testcontainers.core.docker_client import DockerClient

from cluster import node
from cluster.node import Namespace
from image import prerequisites
from image.conftest import docker, pack
from image.func import Func

__all__ = ["docker", "pack"]


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """Return a namespace of the cluster that no other file has."""
    with node.namespace(f"functest-{uuid.uuid4().hex[:8]}") as made:
        yield made


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
