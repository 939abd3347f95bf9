"""The commands of the tutorial and of the first page, as typed, in a clone and an empty home."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from documentation.readme import function
from testcontainers.core.docker_client import DockerClient

import pages
from contract.runtime_process import free_port
from image import prerequisites
from image.container import eventually
from image.pack import remove_images, remove_volumes

_TIMEOUT = 280
_OURS = "tests/platform/test_pages.py"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a clone of this repository with the files as they are now, and the tools."""
    made = tmp_path / "clone"
    for name in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        source = prerequisites.ROOT / name
        if source.exists() and not source.is_dir():
            (made / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, made / name, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", str(made)], check=True)
    git_in = ["git", "-C", str(made), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git_in, "add", "--all"], check=True)
    subprocess.run([*git_in, "commit", "--quiet", "--message=All"], check=True)
    (made / ".tools").symlink_to(prerequisites.TOOLS)
    return made


def git(*arguments: str) -> str:
    """Run git in this repository and return what it wrote."""
    command = ["git", "-C", str(prerequisites.ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def image(docker: DockerClient) -> Iterator[str]:
    """Return a name for image and container that no other run has, and remove what has it."""
    prerequisites.builder(docker)
    name = f"functest-pages-{os.getpid()}"
    yield name
    # A container that was stopped removes itself, which takes its time.
    subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
    assert eventually(lambda: not docker.client.api.containers(all=True, filters={"name": name}))
    remove_images(docker, [(name, "")])
    remove_volumes(docker, name)


def run(clone: Path, home: Path, commands: str) -> str:
    """Type commands into one shell at the clone's root, and return what they wrote."""
    home.mkdir()
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("XDG_")}
    done = subprocess.run(
        ["bash", "-euxo", "pipefail"],
        cwd=clone,
        env=environment | {"HOME": str(home), "PATH": os.environ["PATH"]},
        input=commands,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def commands(page: str, **names: str) -> str:
    """Return the commands of a page that a test here runs, with other names of images and ports."""
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
def test_tutorial(clone: Path, tmp_path: Path, image: str) -> None:
    """docs/tutorial.md leads from `func create` to tests that pass and an image that answers."""
    said = run(clone, tmp_path / "home", commands("docs/tutorial.md", hello=image))

    assert " passed" in said
    assert f"Successfully built image '{image}'" in said
    assert '"message": "Hello", "path": "/"' in said


@pytest.mark.timeout(_TIMEOUT)
def test_first_page(clone: Path, tmp_path: Path, image: str) -> None:
    """A function made by hand from the files that README.md shows is built, and says Hello."""
    function.write((clone / "README.md").read_text(), clone / "myfunc")
    tools = f'export PATH="{prerequisites.TOOLS}:$PATH"\n'
    stop = f"\ndocker stop {image}\n"

    said = run(clone, tmp_path / "home", tools + commands("README.md", myfn=image) + stop)

    assert f"Successfully built image '{image}'" in said
    assert "Hello" in said


def test_func_takes_the_function_of_the_first_page(func: Path, tmp_path: Path) -> None:
    """func knows a function by the func.yaml that README.md shows, and not without `created`."""
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
