"""The images for arm64: made from the locks and run, on another machine under emulation."""

import io
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest

from image import prerequisites
from image.container import serving
from image.pack import Pack
from image.stack import build

# Elf64_Ehdr.e_machine (elf(5), 18 bytes in) of aarch64.
AARCH64 = 183


pytestmark = pytest.mark.timeout(1800)  # the first makes the images, under emulation


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return OCI layouts of the run and the build image, from layers that are made once."""
    folder = tmp_path_factory.mktemp("layout")
    done = build("--arch", "arm64", "--locked", "--oci", folder)
    assert done.returncode == 0, done.stdout
    return folder


@pytest.mark.parametrize("name", ["run", "build"])
def test_all_programs_are_for_it(layout: Path, name: str) -> None:
    """The image is for arm64, and so is every program and library in it."""
    manifest, blobs = described(layout / name)
    config = json.loads((blobs / hex_of(manifest["config"])).read_text())

    machines = {
        path: struct.unpack_from("<H", content, 18)[0]
        for layer in manifest["layers"]
        for path, content in elf_files((blobs / hex_of(layer)).read_bytes())
    }

    assert config["architecture"] == "arm64"
    assert any(path.startswith("./usr/bin/python3.") for path in machines)
    assert {path for path, machine in machines.items() if machine != AARCH64} == set()


def test_the_build_image_has_uv_and_the_runtime_for_it(layout: Path) -> None:
    """The wheels that a build installs without a network are those of arm64."""
    manifest, blobs = described(layout / "build")
    names = {
        name
        for layer in manifest["layers"]
        for name in tarfile.open(blobs / hex_of(layer)).getnames()  # noqa: SIM115
    }

    wheels = {Path(name).name for name in names if name.endswith(".whl")}
    native = {wheel for wheel in wheels if not wheel.endswith("-any.whl")}
    assert {wheel.partition("-")[0] for wheel in native} == {"httptools", "uvloop"}
    assert all(wheel.endswith("_aarch64.whl") for wheel in native)
    assert "./usr/local/bin/uv" in names


def test_function_under_emulation(pack: Pack) -> None:
    """The builder for arm64 builds a function, whose image is for arm64 and serves."""
    builder = prerequisites.foreign("builder", "arm64")
    options = ["--builder", builder, "--trust-builder", "--pull-policy", "never"]
    options += ["--platform", "linux/arm64", "--path", str(prerequisites.EXAMPLES / "http")]

    built = pack.command(options)

    assert built.status == 0, built.log
    assert built.image.attributes["Architecture"] == "arm64"
    with serving(built.image) as container:
        assert container.get("/").json()["message"] == "Hello, World!"
        script = "import platform; print(platform.machine())"
        status, output = container.started.exec(["python", "-I", "-c", script])
    assert (0, "aarch64") == (status, output.decode().strip())


def described(image: Path) -> tuple[dict[str, Any], Path]:
    """Return the manifest of an OCI layout, and the folder of its blobs."""
    blobs = image / "blobs" / "sha256"
    (entry,) = json.loads((image / "index.json").read_text())["manifests"]
    return json.loads((blobs / hex_of(entry)).read_text()), blobs


def hex_of(entry: dict[str, str]) -> str:
    """Return the name of a blob."""
    return entry["digest"].removeprefix("sha256:")


def elf_files(layer: bytes) -> list[tuple[str, bytes]]:
    """Return path and first bytes of each program, library and extension module of a layer."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.isreg() else None
            start = content.read(20) if content else b""
            if start.startswith(b"\x7fELF"):
                found.append((entry.name, start))
    return found
