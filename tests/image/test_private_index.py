"""A private index with the real pack: mounted bindings, and no secret in any file."""

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from testcontainers.core.docker_client import DockerClient

from contract import package_index
from contract.package_index import PASSWORD, USER, Index, write_bindings, write_wheel
from image import prerequisites
from image.container import serving
from image.pack import Build, Image, Pack

SOURCE = """
import acme_private

async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": acme_private.VERSION.encode()})
"""


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A function that needs a package of the private index."""
    folder = tmp_path / "function"
    folder.mkdir()
    (folder / "function.py").write_text(SOURCE)
    (folder / "requirements.txt").write_text("acme-private==1.0\n")
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """A running index with that package."""
    packages = tmp_path_factory.mktemp("packages")
    write_wheel(packages)
    with package_index.serving(packages) as running:
        yield running


def test_bindings(
    pack: Pack, docker: DockerClient, function: Path, index: Index, tmp_path: Path
) -> None:
    """The function has its private package. The password is in no file of the build."""
    folder = write_bindings(
        tmp_path / "bindings",
        pip={"pip.conf": f"[global]\nindex-url = {index.url_with_password}\n"},
        netrc={".netrc": f"machine other.example login {USER} password {PASSWORD}\n"},
        ca_certificates={"corp.pem": index.authority.decode()},
    )

    built = build(pack, function, "--network", "host", *volumes(folder))

    assert built.status == 0, built.log
    with serving(built.image) as container:
        assert container.get("/").text == "1.0"
    seen = set()
    for where, content in left_behind(pack, docker, built):
        assert PASSWORD.encode() not in content, where
        seen |= {where.partition(":")[0]} if b'VERSION = "1.0"' in content else set()
    # What is packed was opened: the package itself was seen.
    assert any(where.endswith("acme_private.py") for where in seen)


def test_bindings_wrong(pack: Pack, function: Path, index: Index, tmp_path: Path) -> None:
    """Without the authority's certificate, the error says so, without the password."""
    pip_conf = f"[global]\nindex-url = {index.url_with_password}\nretries = 0\n"
    folder = write_bindings(tmp_path / "bindings", pip={"pip.conf": pip_conf})

    failed = build(pack, function, "--network", "host", *volumes(folder))

    assert failed.status != 0
    assert "ERROR: The package index's certificate is not trusted" in failed.log
    assert PASSWORD not in failed.log


def test_no_network(pack: Pack, function: Path) -> None:
    """With wheels in vendor/, a function is built without any network."""
    write_wheel(function / "vendor")

    built = build(pack, function, "--network", "none")

    assert built.status == 0, built.log
    assert "Wheels: vendor, without an index" in built.log
    with serving(built.image) as container:
        assert container.get("/").text == "1.0"
    with built.image.files("/workspace") as files:
        assert not [name for name in files.getnames() if "vendor" in name]


def build(pack: Pack, function: Path, *options: str) -> Build:
    """Build with options of pack's."""
    return pack.command(
        [
            *("--path", str(function), "--buildpack", str(prerequisites.BUILDPACK)),
            *("--builder", prerequisites.builder(pack.client), "--pull-policy", "never"),
            *("--trust-builder", "--trust-extra-buildpacks", *options),
        ]
    )


def volumes(bindings: Path) -> list[str]:
    """Return the options that mount bindings, as in the documentation."""
    return [
        option
        for folder in sorted(bindings.iterdir())
        for option in ("--volume", f"{folder}:/platform/bindings/{folder.name}")
    ]


def left_behind(pack: Pack, docker: DockerClient, built: Build) -> Iterator[tuple[str, bytes]]:
    """Yield all results of a build: log, image with its configuration, cache volumes."""
    yield "log", built.log.encode()
    inspected = subprocess.run(
        [pack.program, "inspect", built.image.name], check=True, stdout=subprocess.PIPE
    )
    yield "pack inspect", inspected.stdout
    yield "docker inspect", json.dumps(built.image.attributes).encode()
    yield from image_files(docker, built.image)
    found = docker.client.volumes.list(filters={"name": built.image.name.replace("/", "_")})
    caches = [volume.name for volume in found]
    assert caches
    for name in caches:
        yield from volume_files(docker, name)


def image_files(docker: DockerClient, image: Image) -> Iterator[tuple[str, bytes]]:
    """Yield every file of every layer, unpacked, and the image's own descriptions."""
    saved = b"".join(docker.client.images.get(image.name).save())
    layers = 0
    for name, content in archive_files(saved):
        yield f"image: {name}", content
        if tarfile.is_tarfile(io.BytesIO(content)):
            layers += 1
            yield from archive_files(content)
    assert layers > 3


def volume_files(docker: DockerClient, volume: str) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a volume, also those in its archives."""
    container = docker.client.containers.create(
        prerequisites.builder(docker), ["never-started"], volumes=[f"{volume}:/volume:ro"]
    )
    try:
        for name, content in archive_files(b"".join(container.get_archive("/volume")[0])):
            yield f"{volume}: {name}", content
            if tarfile.is_tarfile(io.BytesIO(content)):
                yield from archive_files(content)
    finally:
        container.remove(force=True)


def archive_files(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive with any compression, and the targets of links."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            opened = archive.extractfile(member) if member.isfile() else None
            yield member.name, opened.read() if opened else member.linkname.encode()
