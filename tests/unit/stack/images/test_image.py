"""Images without a date of their own."""

import hashlib
import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from stack.images.image import Image, write_archive, write_layout

_DESCRIPTION = 'User = "1002:1000"\n[Labels]\n"a" = "described"\n"b" = "described"\n'


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """An image of two layers."""
    for name in ("layer.tar", "sbom.tar"):
        (tmp_path / name).write_bytes(name.encode() * 1000)
    layers = (tmp_path / "layer.tar", tmp_path / "sbom.tar")
    return Image("me/run:base", _DESCRIPTION, "arm64", {"b": "given"}, layers)


def archive(image: Image) -> bytes:
    """Return the archive for Docker."""
    output = io.BytesIO()
    write_archive(image, output)
    return output.getvalue()


def test_the_same_layers_are_the_same_image(image: Image, tmp_path: Path) -> None:
    """Neither the layers' dates nor the time are in it."""
    before = archive(image)
    os.utime(tmp_path / "layer.tar", (0, 0))

    assert before == archive(image)


def test_what_docker_gets(image: Image) -> None:
    """Name, layers and configuration. A given label replaces a described one."""
    with tarfile.open(fileobj=io.BytesIO(archive(image))) as opened:
        contents = {entry.name: read(opened, entry) for entry in opened}

    (manifest,) = json.loads(contents["manifest.json"])
    assert ["me/run:base"] == manifest["RepoTags"]
    assert [path.read_bytes() for path in image.layers] == [
        contents[name] for name in manifest["Layers"]
    ]
    config = json.loads(contents[manifest["Config"]])
    assert ("arm64", "1980-01-01T00:00:01Z") == (config["architecture"], config["created"])
    assert {"a": "described", "b": "given"} == config["config"]["Labels"]


def read(opened: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    """Return the content of an entry."""
    content = opened.extractfile(entry)
    assert content
    return content.read()


def test_layout_has_the_image_that_docker_gets(image: Image, tmp_path: Path) -> None:
    """The configuration, and with it the image's id, is the same; blobs have their digests."""
    blobs = tmp_path / "layout" / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (blobs / "of an earlier run").touch()

    write_layout(image, tmp_path / "layout")

    def blob(digest: str) -> Any:
        return json.loads((blobs / digest.removeprefix("sha256:")).read_text())

    for path in blobs.iterdir():
        assert path.name == hashlib.sha256(path.read_bytes()).hexdigest()
    (entry,) = json.loads((tmp_path / "layout" / "index.json").read_text())["manifests"]
    config = blob(entry["digest"])["config"]["digest"].removeprefix("sha256:")
    with tarfile.open(fileobj=io.BytesIO(archive(image))) as opened:
        assert f"{config}.json" in opened.getnames()
