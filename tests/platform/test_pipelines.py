"""The pipelines to copy (deploy/): each is valid for its CI, and its scripts are run step by step.

Not run: what a CI has of its own (actions, images from the internet, `apk add`), and signing with
the identity of a workflow; cosign has a key in its place (image/pipelines.py).
"""

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.container import serving
from image.lifecycle import remove_pulled
from image.pack import Image
from image.pipelines import (
    Runner,
    attested,
    gitlab_script,
    gitlab_variables,
    in_container,
    run_github_job,
)

DEPLOY = prerequisites.ROOT / "deploy"
GITHUB = DEPLOY / "github-actions"
OURS = prerequisites.ROOT / ".github" / "workflows"
GITLAB = DEPLOY / "gitlab" / ".gitlab-ci.yml"
SBOMS = 5  # of Python, the dependencies, the project, the runtime and the launcher


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner with a checkout of the function."""
    home = tmp_path / "home"
    home.mkdir()
    folder = shutil.copytree(prerequisites.EXAMPLES / "http", tmp_path / "checkout")
    made = Runner(home, folder)
    made.prepare()
    return made


@pytest.fixture
def image(docker: DockerClient) -> Iterator[Image]:
    """A unique name in the registry."""
    made = Image(f"{prerequisites.REGISTRY}/functest-ci-{uuid.uuid4().hex[:8]}/myfn", docker)
    yield made
    remove_pulled(made)


@pytest.mark.parametrize(
    ("schema", "options"),
    [
        ("github-workflows", [*sorted(GITHUB.iterdir()), *sorted(OURS.iterdir())]),
        ("gitlab-ci", ["--data-transform", "gitlab-ci", GITLAB]),
    ],
    ids=["GitHub", "GitLab"],
)
def test_schema(schema: str, options: list[str | Path]) -> None:
    """It is valid by the schemas of GitHub's and GitLab's editors."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_docs_name_each_file() -> None:
    """The docs mention each file to copy, or its folder."""
    docs = prerequisites.ROOT / "docs"
    pages = (docs / "ci.md").read_text() + (docs / "deploy.md").read_text()
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            links = {f"(../{place.relative_to(DEPLOY.parent)})" for place in (path, path.parent)}
            assert any(link in pages for link in links), path


def test_github_tests_the_function(runner: Runner, image: Image) -> None:
    """The job for each change runs the function's tests."""
    run_github_job(runner, GITHUB / "build.yaml", "test", image.name)
    assert "test_func.py" in (runner.folder / ".pytest_cache/v/cache/nodeids").read_text()


@pytest.mark.timeout(600)
def test_github_publishes_and_rebases(runner: Runner, image: Image) -> None:
    """The image is pushed, its SBOMs are attested, and it is signed. The same after a rebase."""
    values = run_github_job(runner, GITHUB / "build.yaml", "image", image.name)

    published = f"{image.name}@{values['steps.build.outputs.digest']}"
    assert [*["attest"] * SBOMS, "sign"] == runner.cosign_calls()
    assert SBOMS == len(attested(runner, published))
    image.client.client.images.pull(image.name, tag="0" * 40)
    image.client.client.images.pull(image.name, tag="latest")
    with serving(image, read_only=True, tmpfs=["/tmp"]) as container:
        assert container.get("/").status_code == 200

    shutil.rmtree(runner.folder)
    runner.folder.mkdir()
    first = run_github_job(runner, GITHUB / "rebase.yaml", "rebase", image.name)
    assert ["verify", *["attest"] * SBOMS, "sign"] == runner.cosign_calls()
    rebased = f"{image.name}@{first['steps.rebase.outputs.digest']}"
    assert SBOMS == len(attested(runner, rebased))

    shutil.rmtree(runner.folder)
    runner.folder.mkdir()
    assert first == run_github_job(runner, GITHUB / "rebase.yaml", "rebase", image.name)
    assert ["verify"] == runner.cosign_calls()


@pytest.mark.timeout(600)
def test_gitlab(runner: Runner, image: Image) -> None:
    """Tests, a build in the builder without Docker, and signing. Then a rebase with signing."""
    jobs = yaml.safe_load(GITLAB.read_text())
    predefined = {
        "IMAGE": image.name,
        "CI_REGISTRY": prerequisites.REGISTRY,
        "CI_REGISTRY_USER": "me",
        "CI_REGISTRY_PASSWORD": "token",
        "CI_COMMIT_SHA": "0" * 40,
        "CI_SERVER_URL": "https://gitlab.com",
        "CI_PROJECT_URL": "https://gitlab.com/me/myfn",
    }

    def variables(job: str) -> dict[str, str]:
        own = gitlab_variables(jobs[job], jobs)
        return predefined | own | {"DOCKER_CONFIG": str(runner.home / f"registry-{job}")}

    runner.run(gitlab_script(jobs["test"], jobs))

    builder = prerequisites.builder_in_registry()
    grant(runner.folder)
    built = in_container(
        builder,
        gitlab_script(jobs["build"], jobs),
        predefined | gitlab_variables(jobs["build"], jobs),
        [(runner.folder, "/builds/me/myfn")],
    )
    assert built.returncode == 0, built.stdout
    runner.run(without_apk(gitlab_script(jobs["sign"], jobs)), variables("sign"))
    assert ["verify", *["attest"] * SBOMS, "sign"] == runner.cosign_calls()
    image.client.client.images.pull(image.name, tag="latest")
    with serving(image, read_only=True, tmpfs=["/tmp"]) as container:
        assert container.get("/").status_code == 200

    shutil.rmtree(runner.folder)
    runner.folder.mkdir()
    # pack speaks to the registry alone here; there is no Docker in this job.
    nowhere = {"DOCKER_HOST": "unix:///nowhere"}
    runner.run(gitlab_script(jobs["rebase"], jobs), variables("rebase") | nowhere)
    runner.run(without_apk(gitlab_script(jobs["sign"], jobs)), variables("sign"))
    assert ["verify", *["attest"] * SBOMS, "sign"] == runner.cosign_calls()


def grant(folder: Path) -> None:
    """Make files writable for everybody, like GitLab's clone of a repository."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)


def without_apk(script: str) -> str:
    """Remove the only line that needs Alpine's packages. The runner has cosign."""
    assert script.count("apk add --no-cache cosign\n") == 1
    return script.replace("apk add --no-cache cosign\n", "")


@pytest.mark.timeout(600)
def test_script(runner: Runner, image: Image) -> None:
    """The script for any CI prints the image with its digest. The next build uses its cache."""
    environment = {"BUILDER": prerequisites.builder_in_registry()}
    script = f"{DEPLOY}/ci.sh {image.name}:v1 {runner.folder}"

    first = runner.run(script, environment)
    again = runner.run(script, environment)

    (name,) = first.stdout.splitlines()
    assert name.startswith(f"{image.name}@sha256:")
    assert first.stdout == again.stdout
    assert "Reusing the dependencies layer" in again.stderr
    image.client.client.images.pull(image.name, tag="v1")
    with serving(Image(name, image.client), read_only=True, tmpfs=["/tmp"]) as container:
        assert container.get("/").status_code == 200


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "message"),
    [
        ([], {}, 2, "Use: ci.sh IMAGE [FOLDER]"),
        (
            ["localhost:5000/myfn"],
            {},
            2,
            "BUILDER: It names the builder that 'make publish' pushed",
        ),
    ],
)
def test_script_says_what_is_missing(
    arguments: list[str], environment: dict[str, str], status: int, message: str
) -> None:
    """Without an image or a builder there is no build."""
    done = subprocess.run(
        [DEPLOY / "ci.sh", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status
    assert message in done.stderr


def test_script_of_a_failed_build(tmp_path: Path) -> None:
    """If pack fails, the script fails, and prints no image."""
    done = subprocess.run(
        [DEPLOY / "ci.sh", f"{prerequisites.REGISTRY}/functest-ci-none", tmp_path],
        env={**os.environ, "PATH": prerequisites.path_with_tools(), "BUILDER": "functest/none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout == ""
    assert "functest/none" in done.stderr
