"""Writes an image for `docker load` to standard output.

    image.py NAME IMAGE.toml [KEY=LABEL]... -- LAYER.tar...

Unlike `docker import` and `docker build` it writes no date of its own: the same layers and the same
description are the same image.
"""  # noqa: INP001

import hashlib
import io
import json
import os
import sys
import tarfile
import tomllib
from pathlib import Path
from typing import IO, Any

# The date that buildpacks give to what has none: the first that a zip file can hold.
CREATED = "1980-01-01T00:00:01Z"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def main() -> None:
    """Read the command line, write the archive."""
    name, description, *rest = sys.argv[1:]
    split = rest.index("--")
    labels = dict(label.split("=", 1) for label in rest[:split])
    layers = [Path(layer) for layer in rest[split + 1 :]]

    digests = [digest(layer) for layer in layers]
    config = json.dumps(image_config(Path(description), labels, digests), sort_keys=True).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    files = [f"{layer_digest}.tar" for layer_digest in digests]
    manifest = [{"Config": config_name, "RepoTags": [f"{name}:latest"], "Layers": files}]

    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        for file, layer in zip(files, layers, strict=True):
            with layer.open("rb") as content:
                add(archive, file, content, layer.stat().st_size)
        for file, data in ((config_name, config), ("manifest.json", json.dumps(manifest).encode())):
            add(archive, file, io.BytesIO(data), len(data))


def image_config(description: Path, labels: dict[str, str], digests: list[str]) -> dict[str, Any]:
    """Describe the image as the OCI image specification has it."""
    config = tomllib.loads(description.read_text())
    config["Labels"] = {**config["Labels"], **labels}
    return {
        "architecture": ARCHITECTURES[os.uname().machine],
        "os": "linux",
        "created": CREATED,
        "config": config,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        "history": [{"created": CREATED, "created_by": "knative-python"} for _ in digests],
    }


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
