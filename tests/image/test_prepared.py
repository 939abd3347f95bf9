"""What the builder has ready, and that `--buildpack ./buildpack` uses it too."""

import re
import shutil
from pathlib import Path

from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.pack import Pack

_DETECT = "python3 -I -B -v /cnb/buildpacks/knative-python_function/*/ detect 2>&1; true"


def test_an_unchanged_buildpack_is_the_builders(
    pack: Pack, docker: DockerClient, tmp_path: Path
) -> None:
    """pack adds no second buildpack to the builder, and a first build copies what is ready."""
    # As git has it. Other tests run the runtime from this clone, which leaves bytecode there.
    ignore = shutil.ignore_patterns("__pycache__")
    buildpack = shutil.copytree(prerequisites.BUILDPACK, tmp_path / "buildpack", ignore=ignore)
    options = ["--path", str(prerequisites.FUNCTIONS / "http_basic"), "--buildpack", str(buildpack)]
    options += ["--builder", prerequisites.builder(docker), "--trust-builder", "--verbose"]
    built = pack.command([*options, "--pull-policy", "never"])
    assert built.status == 0, built.log
    assert re.search(r"'knative-python/function@.+' already exists .+ same contents", built.log)
    assert "Copying the packages that the builder has prepared" in built.log


def test_the_builders_bytecode_is_used(docker: DockerClient) -> None:
    """A phase compiles only the modules that find the bytecode."""
    run = docker.client.containers.run
    log = run(
        prerequisites.builder(docker), [_DETECT], entrypoint=["sh", "-c"], remove=True
    ).decode()
    assert "/knative-python_prepared/" in log
    compiled = re.findall(r"^# code object from (/cnb/buildpacks/.+[.]py)$", log, re.MULTILINE)
    names = {path.rpartition("/")[2] for path in compiled}
    assert {"__init__.py", "__main__.py", "prepared.py"} == names
