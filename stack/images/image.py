"""Writes an image of layers, without a date of its own.

Unlike `docker import` and `docker build`: the same layers and the same description are the same
image.
"""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

# The date that buildpacks give to what has none: the first that a zip file can hold.
CREATED = "1980-01-01T00:00:01Z"
OCI = "application/vnd.oci.image"


@dataclass(frozen=True)
class Image:
    """An image that is not yet written.

    :param name: with its tag, if it has one
    :param description: the image's `config` in the words of the OCI image specification, as TOML
    """

    name: str
    description: str
    architecture: str
    labels: Mapping[str, str]
    layers: tuple[Path, ...]


def write_archive(image: Image, output: IO[bytes]) -> None:
    """Write what `docker load` reads."""
    digests = [digest(layer) for layer in image.layers]
    config = _config(image, digests)
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    files = {
        f"{layer_digest}.tar": layer
        for layer_digest, layer in zip(digests, image.layers, strict=True)
    }
    tagged = image.name if ":" in image.name.rpartition("/")[2] else f"{image.name}:latest"
    manifest = [{"Config": config_name, "RepoTags": [tagged], "Layers": list(files)}]
    with tarfile.open(fileobj=output, mode="w|") as archive:
        for file, layer in files.items():
            with layer.open("rb") as content:
                _add(archive, file, content, layer.stat().st_size)
        for file, data in ((config_name, config), ("manifest.json", json.dumps(manifest).encode())):
            _add(archive, file, io.BytesIO(data), len(data))


def write_layout(image: Image, folder: Path) -> None:
    """Write an OCI image layout (image-spec, image-layout.md), in place of one that is there."""
    blobs = folder / "blobs" / "sha256"
    shutil.rmtree(blobs, ignore_errors=True)
    blobs.mkdir(parents=True)
    config = _config(image, [digest(layer) for layer in image.layers])
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": _blob(blobs, config, f"{OCI}.config.v1+json"),
        "layers": [_compressed(blobs, layer) for layer in image.layers],
    }
    described = _blob(blobs, json.dumps(manifest).encode(), f"{OCI}.manifest.v1+json")
    described["annotations"] = {"org.opencontainers.image.ref.name": image.name}
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [described]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def _config(image: Image, digests: list[str]) -> bytes:
    """Describe the image as the OCI image specification has it."""
    config = tomllib.loads(image.description)
    config["Labels"] = {**config["Labels"], **image.labels}
    described = {
        "architecture": image.architecture,
        "os": "linux",
        "created": CREATED,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        "history": [{"created": CREATED, "created_by": "knative-python"} for _ in digests],
    }
    return json.dumps(described, sort_keys=True).encode()


def _compressed(blobs: Path, layer: Path) -> dict[str, Any]:
    """Compress a layer into a blob; neither its name nor the time is in it."""
    half = blobs / "half"
    with (
        layer.open("rb") as content,
        half.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as zipped,
    ):
        shutil.copyfileobj(content, zipped, 1 << 20)
    return _moved(half, f"{OCI}.layer.v1.tar+gzip")


def _blob(blobs: Path, data: bytes, media_type: str) -> dict[str, Any]:
    """Write a blob and describe it."""
    half = blobs / "half"
    half.write_bytes(data)
    return _moved(half, media_type)


def _moved(half: Path, media_type: str) -> dict[str, Any]:
    """Give a blob its name, and describe it."""
    name = digest(half)
    size = half.stat().st_size
    half.replace(half.with_name(name))
    return {"mediaType": media_type, "digest": f"sha256:{name}", "size": size}


def digest(file: Path) -> str:
    """Hash a layer; its name in the image is the hash of its uncompressed bytes."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    """Add a file to the archive."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    archive.addfile(entry, content)
