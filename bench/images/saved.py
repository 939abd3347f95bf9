"""Reads an image's layers from `docker save`, without the files that a container adds."""

import gzip
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

_LIKE_A_REGISTRY = 6  # the level of pack and docker, gzip's own


@dataclass(frozen=True)
class Size:
    """The bytes of a layer's archive, uncompressed and as a registry stores it."""

    archive: int
    compressed: int


@dataclass(frozen=True)
class Saved:
    """The archive of an image. Its layers have names in the archive, and digests (diff ids)."""

    archive: tarfile.TarFile = field(repr=False)
    config: dict[str, Any]
    names: tuple[str, ...]

    @property
    def layers(self) -> tuple[str, ...]:
        """Return the digests of its layers, the lowest first."""
        return tuple(self.config["rootfs"]["diff_ids"])

    @property
    def compressed(self) -> int:
        """Return the number of bytes that a registry stores for its layers."""
        return sum(self.size(layer).compressed for layer in self.layers)

    @property
    def labels(self) -> dict[str, str]:
        """Return its labels."""
        return dict(self.config["config"]["Labels"])

    @property
    def parts(self) -> dict[str, str]:
        """Return the lifecycle's names of the layers that it added, by digest.

        A buildpack's layers have their own names. Others are `app`, `launcher` and so on.
        """
        metadata = json.loads(self.labels["io.buildpacks.lifecycle.metadata"])
        parts = {
            layer["sha"]: name
            for buildpack in metadata["buildpacks"]
            for name, layer in buildpack["layers"].items()
            if layer["launch"]
        }
        parts |= {layer["sha"]: "app" for layer in metadata["app"]}
        others = ("sbom", "config", "launcher", "process-types")
        return parts | {metadata[name]["sha"]: name for name in others}

    def size(self, layer: str) -> Size:
        """Return the size of a layer."""
        with self._open(layer) as opened:
            content = opened.read()
        return Size(len(content), len(gzip.compress(content, _LIKE_A_REGISTRY)))

    @contextmanager
    def layer(self, layer: str) -> Iterator[tarfile.TarFile]:
        """Open a layer."""
        with self._open(layer) as opened, tarfile.open(fileobj=opened) as files:
            yield files

    def entries(self) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
        """Yield all entries, the lowest layer first. Files have their content."""
        for name in self.layers:
            with self.layer(name) as layer:
                for entry in layer:
                    content = layer.extractfile(entry) if entry.isreg() or entry.islnk() else None
                    yield entry, content.read() if content else b""

    def _open(self, layer: str) -> IO[bytes]:
        return _member(self.archive, self.names[self.layers.index(layer)])


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Saved]:
    """Open the output of `docker save`."""
    with tarfile.open(fileobj=file) as archive:
        (described,) = json.load(_member(archive, "manifest.json"))
        config = json.load(_member(archive, described["Config"]))
        yield Saved(archive, config, tuple(described["Layers"]))


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    content = archive.extractfile(name)
    if content is None:
        raise ValueError(f"{name} is not a file in the image's archive")
    return content
