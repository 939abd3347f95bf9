"""The commands of the tutorial and of the first page, in a clone and an empty home."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from documentation.readme import function
from testcontainers.core.docker_client import DockerClient

import pages
from contract.runtime_process import free_port
from image import prerequisites
from image.clone import Clone
from image.container import eventually
from image.pack import remove_images, remove_volumes

_TIMEOUT = 280
_OURS = "tests/platform/test_pages.py"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a clone that has the tools."""
    made = Clone.create(tmp_path)
    (made.folder / ".tools").symlink_to(prerequisites.TOOLS)
    return made


@pytest.fixture
def image(docker: DockerClient) -> Iterator[str]:
    """Yield a unique name for image and container, and remove both at the end."""
    prerequisites.builder(docker)
    name = f"functest-pages-{os.getpid()}"
    yield name
    # A container that was stopped removes itself, which takes its time.
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
    assert eventually(lambda: not docker.client.api.containers(all=True, filters={"name": name}))
    remove_images(docker, [(name, "")])
    remove_volumes(docker, name)


def commands(page: str, **names: str) -> str:
    """Return a page's commands that a test here runs, with other image names and ports."""
    found = "".join(block.commands for block in pages.blocks(page) if _OURS in block.tests)
    for name, other in names.items():
        found = found.replace(f"build {name}", f"build {other}").replace(
            f"8080 {name}", f"8080 {other}"
        )
        found = found.replace(f"--name {name}", f"--name {other}").replace(
            f"stop {name}", f"stop {other}"
        )
    port = str(free_port())
    return found.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace(
        "localhost:8080", f"localhost:{port}"
    )


@pytest.mark.timeout(_TIMEOUT)
def test_tutorial(clone: Clone, image: str) -> None:
    """docs/tutorial.md leads from `func create` to tests that pass and an image that answers."""
    said = clone.run(commands("docs/tutorial.md", hello=image))

    assert " passed" in said
    assert f"Successfully built image '{image}'" in said
    assert '"message": "Hello", "path": "/"' in said


@pytest.mark.timeout(_TIMEOUT)
def test_first_page(clone: Clone, image: str) -> None:
    """A function with the files in README.md is built, and answers Hello."""
    function.write((clone.folder / "README.md").read_text(), clone.folder / "myfunc")

    said = clone.run(commands("README.md", myfn=image))

    assert f"Successfully built image '{image}'" in said
    assert "Hello" in said


@pytest.mark.timeout(_TIMEOUT)
def test_builder_of_a_registry(clone: Clone, image: str) -> None:
    """The pack in .tools uses a builder in a registry, with the options in README.md."""
    page = (clone.folder / "README.md").read_text()
    function.write(page, clone.folder / "myfunc")
    options = " ".join(re.findall(r"with one in a registry add `(.*?)`", page))
    builder = prerequisites.builder_in_registry()

    said = clone.run(f".tools/pack build {image} --path myfunc --builder {builder} {options}")

    assert f"Successfully built image '{image}'" in said


def test_func_takes_the_function_of_the_first_page(func: Path, tmp_path: Path) -> None:
    """func accepts the func.yaml in README.md, but not without `created`."""
    page = (prerequisites.ROOT / "README.md").read_text()
    function.write(page, tmp_path / "whole")
    function.write(re.sub("^created:.*\n", "", page, flags=re.MULTILINE), tmp_path / "without")
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}

    said = [
        subprocess.run(
            [func, "build", "--path", tmp_path / folder, "--builder", "none", "--registry", "a/b"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        ).stderr
        for folder in ("whole", "without")
    ]

    assert '"none" is not a known builder' in said[0]
    assert "does not contain an initialized function" in said[1]
