"""A version, created in a clone and pushed to the registry on loopback, and the workflow."""

import json
import os
import re
import shutil
import ssl
import subprocess
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.pipelines import Runner
from stack import FOLDER
from stack.description import descriptions, variants
from stack.images.image import Image, write_archive

VERSION = "99.0.0"
IMAGES = ("run", "build", "builder", "function")
WORKFLOW = prerequisites.ROOT / ".github" / "workflows" / "release.yml"
_TIMEOUT = 600  # seconds; it takes half a minute, on a busy machine many


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return its output."""
    done = subprocess.run(
        ["git", "-C", folder, *arguments], check=True, text=True, stdout=subprocess.PIPE
    )
    return done.stdout.strip()


def release(clone: Path, registry: str) -> subprocess.CompletedProcess[str]:
    """Create the version like a user, from the existing images."""
    paths = ssl.get_default_verify_paths()
    bundle = os.environ.get("SSL_CERT_FILE") or paths.cafile or paths.openssl_cafile
    return subprocess.run(
        [clone / "stack" / "release.sh", VERSION, registry, "--unlocked"],
        env=os.environ | {"EXTRA_CAS": str(bundle)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a clone with something to release."""
    folder = tmp_path_factory.mktemp("release") / "clone"
    git(prerequisites.ROOT, "clone", "--quiet", str(prerequisites.ROOT), str(folder))
    git(folder, "config", "user.name", "me")
    git(folder, "config", "user.email", "me@example.com")
    (folder / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n- One thing.\n")
    git(folder, "commit", "--quiet", "--all", "--message", "Change one thing")
    return folder


@pytest.fixture(scope="module")
def registry(docker: DockerClient) -> Iterator[str]:
    """Yield a unique name in the registry, and remove its local images."""
    prerequisites.builder(docker)
    prefix = f"functest-release-{uuid.uuid4().hex[:8]}"
    yield f"{prerequisites.REGISTRY}/{prefix}"
    for image in docker.client.api.images():
        for name in image["RepoTags"] or ():
            if f"/{prefix}/" in name:
                with suppress(OSError):  # docker-py's errors are requests', which are OSErrors
                    docker.client.images.remove(name)


@pytest.mark.timeout(_TIMEOUT)
def test_nothing_is_half_done(clone: Path, registry: str) -> None:
    """If the registry rejects the images, branch, tags and files do not change."""
    before = git(clone, "rev-parse", "HEAD")

    done = release(clone, registry.replace(prerequisites.REGISTRY, "localhost:1"))

    assert done.returncode == 1, done.stdout
    assert "push failed" in done.stdout
    assert before == git(clone, "rev-parse", "HEAD")
    assert ["", "", []] == [
        git(clone, "status", "--porcelain"),
        git(clone, "tag", "--list", f"v{VERSION}"),
        list((clone / "dist").iterdir()),
    ]
    assert 1 == len(git(clone, "worktree", "list").splitlines())


@pytest.mark.timeout(_TIMEOUT)
def test_latest_moves_last(clone: Path, registry: str) -> None:
    """If the commit cannot be tagged, `latest` does not change in the registry."""
    before = git(clone, "rev-parse", "HEAD")
    git(clone, "config", "tag.gpgSign", "true")
    git(clone, "config", "gpg.program", "false")

    done = release(clone, f"{registry}/untagged")
    git(clone, "config", "--unset", "tag.gpgSign")

    assert done.returncode == 1, done.stdout
    assert [200, 404] == [
        manifest("HEAD", f"{registry}/untagged/run:{tag}").status_code
        for tag in (VERSION, "latest")
    ]
    assert [before, "", []] == [
        git(clone, "rev-parse", "HEAD"),
        git(clone, "tag", "--list", f"v{VERSION}"),
        list((clone / "dist").iterdir()),
    ]


@pytest.fixture(scope="module")
def released(clone: Path, registry: str) -> Path:
    """Create the version, and return the folder of its files."""
    done = release(clone, registry)
    assert done.returncode == 0, done.stdout
    return clone / "dist" / VERSION


@pytest.mark.timeout(_TIMEOUT)
def test_commit_and_tag(clone: Path, released: Path) -> None:
    """The last commit of the branch has the version, its changelog and the tag."""
    head = git(clone, "rev-parse", "HEAD")

    assert [head, ""] == [
        git(clone, "rev-parse", f"v{VERSION}^{{commit}}"),
        git(clone, "status", "--porcelain"),
    ]
    assert f'version = "{VERSION}"' in (clone / "buildpack" / "buildpack.toml").read_text()
    assert re.search(rf"^## {VERSION} - \d{{4}}-\d\d-\d\d$", changelog(clone), re.MULTILINE)
    assert {"digests.json", "provenance.json", "run.cdx.json", "build.cdx.json"} == {
        path.name for path in released.iterdir() if path.suffix == ".json"
    }
    assert [f"func_runtime-{VERSION}-py3-none-any.whl"] == [
        path.name for path in released.glob("*.whl")
    ]


def changelog(clone: Path) -> str:
    """Return the changelog."""
    return (clone / "CHANGELOG.md").read_text()


@pytest.mark.timeout(_TIMEOUT)
def test_registry_has_what_the_provenance_says(clone: Path, released: Path, registry: str) -> None:
    """Each image has the version's tag and `latest`, with the digest in the provenance."""
    statement: dict[str, Any] = json.loads((released / "provenance.json").read_text())
    digests = {
        item["name"]: item["digest"]["sha256"]
        for item in statement["subject"]
        if not item["name"].endswith(".whl")
    }

    names = [f"{registry}/{image}:{tag}" for tag in (VERSION, "latest") for image in IMAGES]
    assert {name: in_registry(name) for name in names} == digests
    definition = statement["predicate"]["buildDefinition"]
    assert (
        git(clone, "rev-parse", "HEAD")
        == (definition["resolvedDependencies"][0]["digest"]["gitCommit"])
    )


def in_registry(name: str) -> str:
    """Return the digest that the registry has under a name."""
    digest: str = manifest("HEAD", name).headers.get("Docker-Content-Digest", "none")
    return digest.removeprefix("sha256:")


def manifest(method: str, name: str) -> httpx.Response:
    """Return the manifest of an image from the registry."""
    host, _, rest = name.partition("/")
    repository, _, tag = rest.partition(":")
    kinds = "application/vnd.oci.image.index.v1+json,"
    kinds += "application/vnd.docker.distribution.manifest.v2+json"
    address = f"http://{host}/v2/{repository}/manifests/{tag}"
    return httpx.request(method, address, headers={"Accept": kinds})


def step(name: str) -> str:
    """Return the script of a step in the workflow's last job."""
    steps = yaml.safe_load(WORKFLOW.read_text())["jobs"]["publish"]["steps"]
    (found,) = [step["run"] for step in steps if step.get("name") == name]
    return str(found)


def test_actions_are_pinned() -> None:
    """Each action of the workflow is pinned by its commit."""
    jobs = yaml.safe_load(WORKFLOW.read_text())["jobs"]
    used = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]

    assert used
    assert [] == [use for use in used if not re.search("@[0-9a-f]{40}$", use)]


def load_empty(name: str, arch: str, folder: Path) -> None:
    """Load an empty image of an architecture into Docker."""
    tarfile.open(folder / "layer.tar", "w").close()
    description = descriptions.filled(FOLDER / "run" / "image.toml", variants.select("tiny", arch))
    made = Image(name, description, arch, {}, (folder / "layer.tar",))
    with (folder / "image.tar").open("wb") as output:
        write_archive(made, output)
    subprocess.run(["docker", "load", "--quiet", "--input", folder / "image.tar"], check=True)


@pytest.mark.timeout(_TIMEOUT)
def test_workflow_signs_and_joins(released: Path, registry: str, tmp_path: Path) -> None:
    """Each image is attested and signed. Then one name is for both architectures."""
    runner = Runner(tmp_path / "home", tmp_path / "checkout")
    runner.home.mkdir()
    runner.folder.mkdir()
    runner.prepare()
    pack = prerequisites.TOOLS / "libexec" / "pack"
    script = f'#!/bin/sh\nPACK_HOME={runner.home} exec {pack} "$@"\n'
    (runner.home / "venv" / "bin" / "pack").write_text(script)
    digests = json.loads((released / "digests.json").read_text())
    for arch in ("amd64", "arm64"):
        folder = shutil.copytree(released, runner.folder / "dist" / arch)
        one = (
            {} if arch == "arm64" else {name: digests[name] for name in [f"{registry}/run:latest"]}
        )
        (folder / "digests.json").write_text(json.dumps(one))
        for image in IMAGES:
            name = f"{registry}/{image}:{VERSION}-{arch}"
            load_empty(name, arch, tmp_path)
            runner.run(f"docker push {name}")
    environment = {"REGISTRY": registry.upper(), "GITHUB_REF_NAME": f"v{VERSION}"}

    runner.run(step("Attest SBOMs and provenance, and sign"), environment)
    assert ["attest", "attest", "sign"] == runner.cosign_calls()

    runner.run(step("Join the architectures"), environment)
    assert ["sign"] * 8 == runner.cosign_calls()
    index = manifest("GET", f"{registry}/builder:latest").json()
    assert ["amd64", "arm64"] == [item["platform"]["architecture"] for item in index["manifests"]]
