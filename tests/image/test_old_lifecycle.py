"""A real lifecycle of a version that does not know the buildpack's API."""

import re
import shutil
import subprocess
import tarfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.pack import Pack

INCOMPATIBLE_BUILDPACK_API = 12  # platform specification, "detector", and all phases
# Its api/apis.go, what is deprecated left out, as in tools/lifecycle/lifecycle.toml.
DESCRIPTOR = """\
[lifecycle]
version = "{version}"
[apis.buildpack]
supported = ["0.7", "0.8", "0.9"]
[apis.platform]
supported = ["0.7", "0.8", "0.9", "0.10", "0.11"]
[api]
buildpack = "0.7"
platform = "0.7"
"""
BUILDER = f"""\
[build]
image = "{prerequisites.BUILD}"
[run]
[[run.images]]
image = "{prerequisites.RUN}"
[lifecycle]
uri = "lifecycle.tgz"
[[buildpacks]]
uri = "{prerequisites.BUILDPACK}"
[[order]]
[[order.group]]
id = "knative-python/function"
"""


@pytest.fixture
def lifecycle() -> Path:
    """Return the program."""
    return prerequisites.program("old-lifecycle").resolve()


def run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a command. Its output has both streams."""
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def api() -> str:
    """Return the buildpack's API."""
    descriptor = tomllib.loads((prerequisites.BUILDPACK / "buildpack.toml").read_text())
    return str(descriptor["api"])


def test_detector(docker: DockerClient, lifecycle: Path) -> None:
    """Before the buildpack runs, the lifecycle names it and its unsupported API."""
    function = prerequisites.FUNCTIONS / "http_basic"
    done = run(
        [
            *("docker", "run", "--rm", "--tmpfs", "/layers:uid=1001"),
            *("--volume", f"{function}:/workspace:ro", "--env", "CNB_PLATFORM_API=0.10"),
            *("--volume", f"{lifecycle}:/old/detector:ro", "--entrypoint", "/old/detector"),
            *(prerequisites.builder(docker), "-app=/workspace", "-layers=/layers"),
        ]
    )

    assert INCOMPATIBLE_BUILDPACK_API == done.returncode, done.stdout
    (line,) = done.stdout.splitlines()
    assert re.search("Buildpack 'knative-python/function@.*'", line)
    assert line.endswith(f"buildpack API version '{api()}' is incompatible with the lifecycle")


def test_builder(pack: Pack, lifecycle: Path, tmp_path: Path) -> None:
    """pack creates no builder with both, and names buildpack, lifecycle and their APIs."""
    program = tmp_path / "lifecycle"
    program.mkdir()
    for phase in ("analyzer", "builder", "creator", "detector", "exporter", "launcher", "restorer"):
        shutil.copy(lifecycle, program / phase)
    version = re.search(
        "buildpacks/lifecycle v(.*)",
        (prerequisites.ROOT / "tools/old-lifecycle/go.mod").read_text(),
    )
    assert version
    (tmp_path / "lifecycle.toml").write_text(DESCRIPTOR.format(version=version[1]))
    with tarfile.open(tmp_path / "lifecycle.tgz", "w:gz", compresslevel=1) as archive:
        for name in ("lifecycle", "lifecycle.toml"):
            archive.add(tmp_path / name, arcname=name)
    (tmp_path / "builder.toml").write_text(BUILDER)
    image = pack.new_image()

    options = ["--config", str(tmp_path / "builder.toml"), "--pull-policy", "never"]
    done = run([pack.program, "builder", "create", image.name, *options])

    assert done.returncode != 0
    assert re.search(
        rf"buildpack 'knative-python/function@.*' \(Buildpack API {re.escape(api())}\) "
        rf"is incompatible with lifecycle '{re.escape(version[1])}' "
        r"\(Buildpack API\(s\) 0\.7, 0\.8, 0\.9\)",
        done.stdout,
    )
    assert not image.exists
