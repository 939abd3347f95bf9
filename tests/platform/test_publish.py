"""Publishing to a registry, and building from there without local images."""

import json
import os
import shutil
import ssl
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from documentation.readme import function as first_page
from testcontainers.core.docker_client import DockerClient

import pages
from image import kpack, prerequisites, run_images
from image.clone import type_in
from image.container import serving
from image.lifecycle import remove_pulled
from image.pack import Image, Pack, remove_images, remove_volumes

HOME = f"{prerequisites.REGISTRY}/functest-published"
MIRROR = f"{prerequisites.REGISTRY}/functest-mirrored/run"
_TIMEOUT = 600  # seconds; it takes twenty of them, on a busy machine many


@pytest.fixture(scope="module")
def published(docker: DockerClient) -> Iterator[str]:
    """Publish like a user, and remove the local names. Return the registry and the path."""
    prerequisites.builder(docker)
    prerequisites.builder_in_registry()
    paths = ssl.get_default_verify_paths()
    bundle = os.environ.get("SSL_CERT_FILE") or paths.cafile or paths.openssl_cafile
    # The builder is for this machine, which may have a certificate of its own.
    environment = os.environ | {"EXTRA_CAS": bundle, "RUN_IMAGE_MIRRORS": MIRROR}
    done = publish(environment)
    if done.returncode:  # Debian has moved on since the lock was renewed; what was locked is gone
        assert "Debian has other packages than " in done.stdout, done.stdout
        assert "Take them: make lock-stack" in done.stdout
        done = publish(environment, "--unlocked")
    assert done.returncode == 0, done.stdout
    forget(docker)
    yield HOME
    forget(docker)


def publish(environment: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Publish to the loopback registry."""
    return subprocess.run(
        [prerequisites.ROOT / "stack" / "publish.sh", HOME, *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )


def forget(docker: DockerClient) -> None:
    """Remove the local copies of the published images."""
    for image in docker.client.api.images():
        for name in image["RepoTags"] or ():
            if name.startswith(f"{HOME}/"):
                with suppress(OSError):  # docker-py's errors are requests', which are OSErrors
                    docker.client.images.remove(name)


@pytest.mark.timeout(_TIMEOUT)
def test_pack_builds_from_the_registry(pack: Pack, published: str) -> None:
    """pack pulls builder and run image, and builds the image on that run image."""
    options = ["--builder", f"{published}/builder", "--pull-policy", "always", "--trust-builder"]

    built = pack.command([*options, "--path", str(prerequisites.FUNCTIONS / "http_basic")])

    assert built.status == 0, built.log
    run = pack.client.client.images.get(f"{published}/run")
    layers = run.attrs["RootFS"]["Layers"]
    assert layers == built.image.attributes["RootFS"]["Layers"][: len(layers)]
    declared = json.loads(built.image.labels["io.buildpacks.lifecycle.metadata"])["runImage"]
    assert {"image": f"{published}/run", "mirrors": [MIRROR]}.items() <= declared.items()
    with serving(built.image) as container:
        assert container.get("/").text.startswith("one ")


@pytest.mark.timeout(_TIMEOUT)
def test_pack_takes_the_buildpack_from_the_registry(pack: Pack, published: str) -> None:
    """The packaged buildpack works in a builder with another one."""
    descriptor = tomllib.loads((prerequisites.BUILDPACK / "buildpack.toml").read_text())
    package = f"{published}/function:{descriptor['buildpack']['version']}"
    options = ["--builder", prerequisites.BUILDER, "--buildpack", package, "--trust-builder"]
    options += ["--trust-extra-buildpacks", "--pull-policy", "if-not-present"]

    built = pack.command([*options, "--path", str(prerequisites.FUNCTIONS / "http_basic")])

    assert built.status == 0, built.log
    with serving(built.image) as container:
        assert container.get("/").text.startswith("one ")


@pytest.mark.timeout(_TIMEOUT)
def test_machine_without_this_clone(docker: DockerClient, published: str, tmp_path: Path) -> None:
    """README.md's commands for other machines only need pack and Docker."""
    forget(docker)
    image = Image(f"functest-elsewhere-{os.getpid()}", docker)
    shown = [block.commands for block in pages.blocks("README.md")]
    (commands,) = (block for block in shown if "trusted-builders" in block)
    commands = commands.replace("registry.example.com/functions", published)
    commands = commands.replace(" myfn ", f" {image.name} ")
    page = (prerequisites.ROOT / "README.md").read_text(encoding="utf-8")
    first_page.write(page, tmp_path / "myfunc")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pack").symlink_to(prerequisites.TOOLS / "libexec" / "pack")

    environment = {"HOME": str(tmp_path), "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}

    type_in(commands, tmp_path, environment, _TIMEOUT)

    try:
        with serving(image) as container:
            assert container.get("/").text == "Hello"
    finally:
        remove_images(docker, [(image.name, image.digest)])
        remove_volumes(docker, image.name)


@pytest.mark.timeout(_TIMEOUT)
def test_func_builds_from_the_registry(
    func: Path, docker: DockerClient, published: str, tmp_path: Path
) -> None:
    """func only needs the name of the builder."""
    forget(docker)
    project = shutil.copytree(prerequisites.EXAMPLES / "http", tmp_path / "published")
    namespace = f"{prerequisites.REGISTRY}/functest-publish-{os.getpid()}"
    command = [str(func), "build", "--builder", "pack", "--builder-image", f"{published}/builder"]
    # Its settings and credentials are looked for in the user's own folders.
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        [*command, "--registry", namespace],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (image,) = docker.client.images.list(name=f"{namespace}/*")
    try:
        with serving(Image(image.tags[0], docker)) as container:
            assert container.get("/").status_code == 200
    finally:
        remove_images(docker, [(image.tags[0], str(image.id))])
        remove_volumes(docker, "functest-publish")


@pytest.mark.timeout(_TIMEOUT)
def test_rebase_onto_what_is_published_later(
    pack: Pack, docker: DockerClient, published: str
) -> None:
    """If a newer run image has the published name, a rebase only needs the function's name."""
    function = Image(f"{published}/function-of-a-user", docker)
    options = ["--builder", f"{published}/builder", "--trust-builder", "--publish"]
    options += ["--network", "host"]  # the registry is on loopback
    app = str(prerequisites.FUNCTIONS / "http_basic")
    built = pack.command([*options, "--path", app], image=function)
    assert built.status == 0, built.log
    docker.client.images.pull(f"{published}/run", tag="latest")
    name = f"{published}/run:newer"
    with run_images.newer(docker, f"{published}/run", name):
        docker.client.images.get(name).tag(f"{published}/run", "latest")
        assert "error" not in docker.client.images.push(f"{published}/run", tag="latest")

    done = pack.rebase(function.name, "--publish")

    assert done.returncode == 0, done.stdout
    docker.client.images.pull(function.name, tag="latest")
    with serving(function) as container:
        assert container.get("/").text.startswith("one ")
        _, output = container.started.exec(["/usr/bin/python", "-VV"])
    assert output.decode().startswith("Python 3.13.X")


@pytest.fixture
def function(pack: Pack) -> str:
    """A new name in the registry."""
    return f"{prerequisites.REGISTRY}/{pack.new_image().name}/myfn"


@pytest.fixture
def manifests(published: str, function: str, tmp_path: Path) -> list[Path]:
    """The manifests in deploy/kpack, with the published names and a function's name."""
    made = []
    for path in sorted((prerequisites.ROOT / "deploy" / "kpack").iterdir()):
        content = path.read_text().replace("registry.example.com/functions/myfn", function)
        content = content.replace("registry.example.com/functions", published)
        (tmp_path / path.name).write_text(content)
        made.append(tmp_path / path.name)
    return made


@pytest.mark.timeout(_TIMEOUT)
def test_kpack_builds_from_the_registry(
    pack: Pack, function: str, manifests: list[Path], tmp_path: Path
) -> None:
    """kpack's containers build with the packaged buildpack. A second build reuses layers."""
    builder = kpack.make_builder(pack.program, kpack.documents(manifests), tmp_path)
    pod = kpack.pod(builder, manifests)
    app = prerequisites.FUNCTIONS / "http_basic"
    logs = []
    for _ in range(2):
        with kpack.volumes(pack.client, pack.new_image().name) as shared:
            logs.append(kpack.build(pod, app, shared))

    assert "Reusing the dependencies layer" not in logs[0]
    assert "Reusing the dependencies layer" in logs[1]
    image = Image(function, pack.client)
    pack.client.client.images.pull(image.name, tag="latest")
    try:
        with serving(image, read_only=True, tmpfs=["/tmp"]) as container:
            assert container.get("/").text.startswith("one ")
    finally:
        remove_pulled(image)


@pytest.mark.parametrize(
    ("name", "before", "after", "error"),
    [
        ("image.yaml", "  serviceAccountName:", "  account:", 'unknown field "account"'),
        (
            "image.yaml",
            "    kind: Builder",
            "    kind: Maker",
            "invalid value: Maker: spec.builder",
        ),
        ("builder.yaml", "    name: functions", '    name: ""', "missing field(s)"),
    ],
)
def test_kpack_checks_manifests(
    tmp_path: Path, name: str, before: str, after: str, error: str
) -> None:
    """kpack's validation accepts the manifests in deploy/kpack, and detects errors in them."""
    path = prerequisites.ROOT / "deploy" / "kpack" / name
    wrong = tmp_path / name
    wrong.write_text(path.read_text().replace(before, after))

    assert (0, "") == (kpack.kpack(path).returncode, kpack.kpack(path).stderr)
    assert error in kpack.kpack(wrong).stderr


def test_name_of_no_registry() -> None:
    """A name that would be pushed to Docker Hub by mistake is an error with examples."""
    command = [str(prerequisites.ROOT / "stack" / "publish.sh"), "functions"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "'functions' does not name a registry" in done.stderr
