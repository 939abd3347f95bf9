"""Reads an image's layers as `docker save` writes them: without what a container adds."""

import gzip
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testcontainers.core.docker_client import DockerClient

_LIKE_A_REGISTRY = 6  # the level of pack and docker, gzip's own


@dataclass(frozen=True)
class Saved:
    """The archive of an image."""

    archive: tarfile.TarFile = field(repr=False)
    config: dict[str, Any]
    layers: tuple[str, ...]

    @property
    def compressed(self) -> int:
        """Return how many bytes a registry holds of its layers."""
        return sum(len(gzip.compress(self._read(layer), _LIKE_A_REGISTRY)) for layer in self.layers)

    @property
    def labels(self) -> dict[str, str]:
        """Return its labels."""
        return dict(self.config["config"]["Labels"])

    @contextmanager
    def layer(self, diff_id: str) -> Iterator[tarfile.TarFile]:
        """Open the layer of that digest."""
        name = self.layers[self.config["rootfs"]["diff_ids"].index(diff_id)]
        with tarfile.open(fileobj=self.archive.extractfile(name)) as opened:
            yield opened

    def entries(self) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
        """Return everything in it, lowest layer first; of a file with its content."""
        for diff_id in self.config["rootfs"]["diff_ids"]:
            with self.layer(diff_id) as layer:
                for entry in layer:
                    content = layer.extractfile(entry) if entry.isreg() or entry.islnk() else None
                    yield entry, content.read() if content else b""

    def _read(self, name: str) -> bytes:
        content = self.archive.extractfile(name)
        assert content
        return content.read()


@contextmanager
def saved(client: DockerClient, image: str) -> Iterator[Saved]:
    """Save an image and open it."""
    with tempfile.TemporaryFile(dir=Path(tempfile.gettempdir())) as file:
        for chunk in client.client.images.get(image).save():
            file.write(chunk)
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            manifest = archive.extractfile("manifest.json")
            assert manifest
            (described,) = json.load(manifest)
            config = archive.extractfile(described["Config"])
            assert config
            yield Saved(archive, json.load(config), tuple(described["Layers"]))
