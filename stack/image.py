"""Writes an image of layers, without a date of its own.

    image.py - NAME IMAGE.toml ARCHITECTURE [KEY=LABEL]... -- LAYER.tar...
    image.py FOLDER NAME IMAGE.toml ARCHITECTURE [KEY=LABEL]... -- LAYER.tar...

The first is for `docker load`, the second makes FOLDER an OCI image layout. Unlike `docker import`
and `docker build`: the same layers and the same description are the same image.
"""  # noqa: INP001

import gzip
import hashlib
import io
import json
import shutil
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import IO, Any

# The date that buildpacks give to what has none: the first that a zip file can hold.
CREATED = "1980-01-01T00:00:01Z"
OCI = "application/vnd.oci.image"


def main() -> None:
    """Read the command line, write the image."""
    output, name, description, architecture, *rest = sys.argv[1:]
    split = rest.index("--")
    labels = dict(label.split("=", 1) for label in rest[:split])
    layers = [Path(layer) for layer in rest[split + 1 :]]

    digests = [digest(layer) for layer in layers]
    described = image_config(Path(description), architecture, labels, digests)
    config = json.dumps(described, sort_keys=True).encode()
    if output == "-":
        write_archive(sys.stdout.buffer, name, config, dict(zip(digests, layers, strict=True)))
    else:
        write_layout(Path(output), name, config, layers)


def image_config(
    description: Path, architecture: str, labels: dict[str, str], digests: list[str]
) -> dict[str, Any]:
    """Describe the image as the OCI image specification has it."""
    config = tomllib.loads(description.read_text())
    config["Labels"] = {**config["Labels"], **labels}
    return {
        "architecture": architecture,
        "os": "linux",
        "created": CREATED,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        "history": [{"created": CREATED, "created_by": "knative-python"} for _ in digests],
    }


def write_archive(output: IO[bytes], name: str, config: bytes, layers: dict[str, Path]) -> None:
    """Write what `docker load` reads."""
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    files = {f"{layer_digest}.tar": layer for layer_digest, layer in layers.items()}
    tagged = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
    manifest = [{"Config": config_name, "RepoTags": [tagged], "Layers": list(files)}]
    with tarfile.open(fileobj=output, mode="w|") as archive:
        for file, layer in files.items():
            with layer.open("rb") as content:
                add(archive, file, content, layer.stat().st_size)
        for file, data in ((config_name, config), ("manifest.json", json.dumps(manifest).encode())):
            add(archive, file, io.BytesIO(data), len(data))


def write_layout(folder: Path, name: str, config: bytes, layers: list[Path]) -> None:
    """Write an OCI image layout (image-spec, image-layout.md), in place of one that is there."""
    blobs = folder / "blobs" / "sha256"
    shutil.rmtree(blobs, ignore_errors=True)
    blobs.mkdir(parents=True)
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{OCI}.manifest.v1+json",
        "config": blob(blobs, config, f"{OCI}.config.v1+json"),
        "layers": [compressed(blobs, layer) for layer in layers],
    }
    described = blob(blobs, json.dumps(manifest).encode(), f"{OCI}.manifest.v1+json")
    described["annotations"] = {"org.opencontainers.image.ref.name": name}
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [described]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')


def compressed(blobs: Path, layer: Path) -> dict[str, Any]:
    """Compress a layer into a blob; neither its name nor the time is in it."""
    half = blobs / "half"
    with (
        layer.open("rb") as content,
        half.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as zipped,
    ):
        shutil.copyfileobj(content, zipped, 1 << 20)
    return moved(half, f"{OCI}.layer.v1.tar+gzip")


def blob(blobs: Path, data: bytes, media_type: str) -> dict[str, Any]:
    """Write a blob and describe it."""
    half = blobs / "half"
    half.write_bytes(data)
    return moved(half, media_type)


def moved(half: Path, media_type: str) -> dict[str, Any]:
    """Give a blob its name, and describe it."""
    name = digest(half)
    size = half.stat().st_size
    half.replace(half.with_name(name))
    return {"mediaType": media_type, "digest": f"sha256:{name}", "size": size}


def digest(file: Path) -> str:
    """Hash a layer; its name in the image is the hash of its uncompressed bytes."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    """Add a file to the archive."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    archive.addfile(entry, content)


main()
