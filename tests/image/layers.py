"""Saves an image, to read its layers without the files that a container adds."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.images.saved import Saved, opened
from testcontainers.core.docker_client import DockerClient


@contextmanager
def saved(client: DockerClient, image: str) -> Iterator[Saved]:
    """Save an image and open it."""
    with tempfile.TemporaryFile(dir=Path(tempfile.gettempdir())) as file:
        for chunk in client.client.images.get(image).save():
            file.write(chunk)
        file.seek(0)
        with opened(file) as archive:
            yield archive
