"""A function's image on a newer run image, without a build."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from testcontainers.core.docker_client import DockerClient

from image import prerequisites, run_images
from image.container import serving
from image.pack import Build, Image, Pack

# Prints the version, and each file of bytecode that this interpreter would not take as it is.
ASK = """
import importlib.util, pathlib, sys
valid = importlib.util.MAGIC_NUMBER + b"\\1\\0\\0\\0"  # PEP 552: by hash, unchecked
print(sys.version)
for folder in ("/layers", "/workspace", "/usr/lib/python3.13"):
    for path in pathlib.Path(folder).rglob("*.pyc"):
        if path.read_bytes()[:8] != valid:
            print(path)
"""


@pytest.fixture(scope="module")
def newer(docker: DockerClient) -> Iterator[str]:
    """Return a run image whose CPython reports another patch version."""
    name = f"{prerequisites.RUN}:functest-newer-{os.getpid()}"
    with run_images.newer(docker, prerequisites.RUN, name):
        yield name


def test_in_the_daemon(pack: Pack, http_build: Build, newer: str) -> None:
    """The new interpreter runs the function, all bytecode stays valid, and no layer changes."""
    before = http_build.image
    image = pack.new_image()
    pack.tag(before, image)

    # --force: the name of the test's run image is not the one that the builder named.
    done = pack.rebase(image.name, "--run-image", newer, "--pull-policy", "never", "--force")

    assert done.returncode == 0, done.stdout
    assert image.digest != before.digest
    assert image.layers == before.layers
    with serving(image) as container:
        assert container.get("/").status_code == 200
        status, output = container.started.exec(["/usr/bin/python", "-c", ASK])
    assert 0 == status
    version, *invalid = output.decode().splitlines()
    assert version.startswith("3.13.X")
    assert [] == invalid


def test_in_the_registry(pack: Pack, docker: DockerClient, newer: str, http_build: Build) -> None:
    """The same for an image in a registry: nothing is pulled, and the manifest is new."""
    home = f"{prerequisites.REGISTRY}/functest-rebase-{os.getpid()}"
    images = docker.client.images
    images.get(http_build.image.name).tag(f"{home}/function")
    images.get(newer).tag(f"{home}/run")
    for name in (f"{home}/function", f"{home}/run"):
        assert "error" not in images.push(name)
        images.remove(name)

    done = pack.rebase(f"{home}/function", "--run-image", f"{home}/run", "--publish", "--force")

    assert done.returncode == 0, done.stdout
    image = Image(f"{home}/function", docker)
    images.pull(f"{home}/function", tag="latest")
    try:
        assert image.layers == http_build.image.layers
        with serving(image) as container:
            assert container.get("/").status_code == 200
            _, output = container.started.exec(["/usr/bin/python", "-VV"])
        assert output.decode().startswith("Python 3.13.X")
    finally:
        images.remove(image.name)


def test_run_image_that_was_not_named(
    pack: Pack, http_build: Build, docker: DockerClient, tmp_path: Path
) -> None:
    """A run image of another Debian, which no builder names, is an error, and nothing changes."""
    name = f"{prerequisites.RUN}:functest-other-{os.getpid()}"
    dockerfile = f"FROM {prerequisites.RUN}\nLABEL io.buildpacks.base.distro.version=12\n"
    (tmp_path / "Dockerfile").write_text(dockerfile)
    docker.client.images.build(path=str(tmp_path), tag=name)
    image = pack.new_image()
    pack.tag(http_build.image, image)
    try:
        done = pack.rebase(image.name, "--run-image", name, "--pull-policy", "never")
    finally:
        docker.client.images.remove(name)

    assert done.returncode != 0
    assert name in done.stdout
    assert image.digest == http_build.image.digest
