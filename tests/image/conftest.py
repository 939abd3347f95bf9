"""Fixtures of all image tests."""

import os
import uuid
from collections.abc import Iterator

import pytest
from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.pack import Build, Pack


@pytest.fixture(scope="session")
def docker() -> Iterator[DockerClient]:
    """Return a client of the running daemon."""
    client = prerequisites.docker()
    yield client
    client.client.close()


@pytest.fixture(scope="session")
def pack(docker: DockerClient) -> Iterator[Pack]:
    """Return pack, with names that no other run and no other worker has."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    program = prerequisites.program("pack")
    made = Pack(program, docker, prefix=f"functest-{uuid.uuid4().hex[:8]}-{worker}")
    yield made
    made.remove_all()


@pytest.fixture(scope="session")
def http_build(pack: Pack) -> Build:
    """Return the build of examples/http."""
    return pack.build(prerequisites.EXAMPLES / "http")


@pytest.fixture(scope="session")
def event_build(pack: Pack) -> Build:
    """Return the build of examples/cloudevents."""
    return pack.build(prerequisites.EXAMPLES / "cloudevents")
