"""What every platform test starts from."""

from pathlib import Path

import pytest

from image import prerequisites
from image.conftest import docker, pack

__all__ = ["docker", "pack"]


@pytest.fixture(scope="session")
def func() -> Path:
    """Return the func command."""
    return prerequisites.program("func")


@pytest.fixture(scope="session")
def queue_proxy() -> Path:
    """Return Knative's queue-proxy."""
    return prerequisites.program("queue-proxy")
