"""Fixtures of all platform tests."""

import fcntl
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.conftest import docker, pack
from image.func import Func

__all__ = ["docker", "pack"]


@pytest.fixture(scope="session")
def func() -> Path:
    """Return the func command."""
    return prerequisites.program("func")


@pytest.fixture(scope="module")
def command(
    func: Path, docker: DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Func]:
    """Return func, with a namespace that no other run has."""
    folder = tmp_path_factory.mktemp("func")
    made = Func(func, docker, folder, namespace=f"functest-{uuid.uuid4().hex[:8]}")
    yield made
    made.remove_all()


@pytest.fixture
def queue_proxy() -> Iterator[Path]:
    """Return Knative's queue-proxy, for one test at a time, because some of its ports are fixed."""
    with Path(tempfile.gettempdir(), "functest-queue-proxy.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield prerequisites.program("queue-proxy")
