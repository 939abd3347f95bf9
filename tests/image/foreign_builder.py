"""Builders that are not ours: the smallest Debian, with python3 or without, and no uv.

A build image is made once, as stack/ makes its own, and kept under a name that tells its contents.
"""

import hashlib
import os
import platform
import subprocess
import tempfile
from pathlib import Path

from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.pack import Pack

_SETTINGS = (
    "USER 1001:1000",
    "ENV CNB_USER_ID=1001",
    "ENV CNB_GROUP_ID=1000",
    "ENV CNB_STACK_ID=knative-python.trixie",
    "LABEL io.buildpacks.stack.id=knative-python.trixie",
    "LABEL io.buildpacks.base.distro.name=debian",
    "LABEL io.buildpacks.base.distro.version=13",
)
_USER = """\
echo cnb:x:1000: >>"$1/etc/group"
echo cnb:x:1001:1000::/home/cnb:/bin/sh >>"$1/etc/passwd"
mkdir -p "$1/home/cnb"
chown 1001:1000 "$1/home/cnb"
"""
_BUILDER = """\
[build]
image = "{build}"

[run]
[[run.images]]
image = "knative-python/run"

[lifecycle]
uri = "{lifecycle}"

[[targets]]
os = "linux"
arch = "{arch}"

[[buildpacks]]
uri = "{buildpack}"

[[order]]
[[order.group]]
id = "knative-python/function"
"""


def make(pack: Pack, packages: tuple[str, ...]) -> str:
    """Create a builder whose build image has these Debian packages, and return its name."""
    name = pack.new_image().name
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "builder.toml")
        config.write_text(
            _BUILDER.format(
                build=_build_image(pack.client, packages),
                lifecycle=(prerequisites.TOOLS / "lifecycle.tgz").resolve(),
                arch={"aarch64": "arm64"}.get(platform.machine(), "amd64"),
                buildpack=prerequisites.BUILDPACK,
            )
        )
        command: list[str | Path] = [pack.program, "builder", "create", name, "--config", config]
        subprocess.run([*command, "--pull-policy", "never"], check=True)
    return name


def _build_image(client: DockerClient, packages: tuple[str, ...]) -> str:
    contents = repr((packages, _SETTINGS, _USER, platform.machine()))
    key = hashlib.sha256(contents.encode()).hexdigest()[:16]
    name = f"knative-python/foreign-build:{key}"
    if client.client.images.list(name=name):
        return name
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "root.tar")
        subprocess.run(
            [
                *("mmdebstrap", "--quiet", "--variant=minbase", "--skip=output/dev"),
                *(f"--include={','.join(packages)}", f"--customize-hook={_USER}"),
                *("trixie", archive),
            ],
            check=True,
            env=os.environ | {"SOURCE_DATE_EPOCH": "0"},
        )
        changes = [part for setting in _SETTINGS for part in ("--change", setting)]
        subprocess.run(["docker", "import", *changes, archive, name], check=True)
    return name
