"""What every platform test starts from."""

import fcntl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from image import prerequisites
from image.conftest import docker, pack

__all__ = ["docker", "pack"]


@pytest.fixture(scope="session")
def func() -> Path:
    """Return the func command."""
    return prerequisites.program("func")


@pytest.fixture
def queue_proxy() -> Iterator[Path]:
    """Return Knative's queue-proxy, to one test at a time: some of its ports cannot be chosen."""
    with Path(tempfile.gettempdir(), "functest-queue-proxy.lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield prerequisites.program("queue-proxy")
