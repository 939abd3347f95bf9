"""Finds the results of `make setup`: programs, the Docker daemon, the builder. Creates nothing.

A missing one fails the test that needs it: a skipped test would say that all is well.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from testcontainers.core.config import testcontainers_config
from testcontainers.core.docker_client import DockerClient

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
BUILDPACK = ROOT / "buildpack"
EXAMPLES = ROOT / "examples"
FUNCTIONS = ROOT / "tests" / "fixtures" / "functions"

BUILDER = "knative-python/builder"
RUN = "knative-python/run"
BUILD = "knative-python/build"
REGISTRY = f"localhost:{os.environ.get('REGISTRY_PORT', '5000')}"

# Its reaper is an image that has to be pulled; containers are removed by their context managers.
testcontainers_config.ryuk_disabled = True


def path_with_tools() -> str:
    """Return the PATH with the project's tools first."""
    return f"{TOOLS}{os.pathsep}{os.environ['PATH']}"


def program(name: str) -> Path:
    """Return one of the project's tools."""
    found = shutil.which(name, path=path_with_tools())
    return Path(found) if found else missing(f"{name} is neither in .tools nor on PATH")


def docker() -> DockerClient:
    """Return a client of the running daemon."""
    try:
        return DockerClient()
    except Exception as error:  # noqa: BLE001 -- docker's and requests' own, by the kind of failure
        missing(f"The Docker daemon does not answer: {error}")


def builder(client: DockerClient) -> str:
    """Return the name of the builder image."""
    if not client.client.images.list(name=BUILDER):
        missing(f"There is no builder image {BUILDER}")
    return BUILDER


def variant(image: str, name: str) -> str:
    """Build the images of a variant, which `make setup` does not do, and return the name of one."""
    return _made(image, name, "--variant", name)


def foreign(image: str, architecture: str) -> str:
    """Build the images for another architecture, and return the name of one."""
    return _made(image, architecture, "--arch", architecture)


def _made(image: str, tag: str, *options: str) -> str:
    command = [str(ROOT / "stack" / "builder.sh"), *options]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return f"knative-python/{image}:{tag}"


def builder_in_registry() -> str:
    """Return the name of the builder in the loopback registry, because func always pulls it."""
    try:
        tags = httpx.get(f"http://{REGISTRY}/v2/{BUILDER}/tags/list", timeout=5)
    except httpx.HTTPError as error:
        missing(f"The loopback registry {REGISTRY} does not answer: {error}")
    if tags.status_code != httpx.codes.OK:
        missing(f"The loopback registry {REGISTRY} has no {BUILDER}")
    return f"{REGISTRY}/{BUILDER}"


def missing(what: str, command: str = "make setup") -> NoReturn:
    """Fail the test, because a result of a command is missing."""
    pytest.fail(f"{what}. Run `{command}`.", pytrace=False)
