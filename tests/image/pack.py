"""Builds images with the real pack, like a user, and reads their contents.

After libcnb-test's idea: build, look at the log and the image, change the source, build again.
Containers are in container.py.
"""

import itertools
import json
import os
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testcontainers.core.docker_client import DockerClient

from image import prerequisites

# What the environment of a user or a platform may hold; none of it may reach a build's Python.
POISON = dict.fromkeys(
    (
        *("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"),
        *("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "UV_PROJECT_ENVIRONMENT"),
    ),
    "/invalid",
)

_BUILD_TIMEOUT = 240  # seconds; a build takes few of them, on a busy machine many
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_BUILDPACK = "knative-python/function"


@dataclass(frozen=True)
class Image:
    """An image in the daemon."""

    name: str
    client: DockerClient = field(repr=False, compare=False)

    @property
    def attributes(self) -> dict[str, Any]:
        """Return the output of `docker inspect`."""
        attributes: dict[str, Any] = self.client.client.images.get(self.name).attrs
        return attributes

    @property
    def exists(self) -> bool:
        """Return whether the daemon has it."""
        return bool(self.client.client.images.list(name=self.name))

    @property
    def digest(self) -> str:
        """Return the digest of its configuration, which names all of its layers."""
        return str(self.attributes["Id"])

    @property
    def labels(self) -> dict[str, str]:
        """Return its labels."""
        return dict(self.attributes["Config"]["Labels"])

    @property
    def layers(self) -> dict[str, str]:
        """Return the digests of the layers by name: the buildpack's, and `application`."""
        lifecycle = json.loads(self.labels["io.buildpacks.lifecycle.metadata"])
        (own,) = (item for item in lifecycle["buildpacks"] if item["key"] == _BUILDPACK)
        named = {name: layer["sha"] for name, layer in own["layers"].items() if layer.get("sha")}
        (application,) = lifecycle["app"]
        layers = named | {"application": application["sha"]}
        assert set(layers.values()) <= set(self.attributes["RootFS"]["Layers"])
        return layers

    @contextmanager
    def files(self, folder: str) -> Iterator[tarfile.TarFile]:
        """Open a folder of the image as an archive."""
        container = self.client.client.containers.create(self.name)
        try:
            with tempfile.TemporaryFile() as archive:
                for chunk in container.get_archive(folder)[0]:
                    archive.write(chunk)
                archive.seek(0)
                with tarfile.open(fileobj=archive) as opened:
                    yield opened
        finally:
            container.remove(force=True)


@dataclass(frozen=True)
class Build:
    """A finished build: its status, its log, and its image, if there is one."""

    status: int
    log: str
    image: Image


@dataclass(frozen=True)
class Pack:
    """The pack command, with unique image names, so that its images can be removed."""

    program: Path
    client: DockerClient
    prefix: str
    _made: list[tuple[str, str]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def build(self, app: Path, **options: Any) -> Build:
        """Build a function successfully. The options are those of `attempt`."""
        built = self.attempt(app, **options)
        assert built.status == 0, built.log
        return built

    def attempt(
        self,
        app: Path,
        *,
        env: Mapping[str, str] | None = None,
        image: Image | None = None,
        options: Sequence[str] = (),
    ) -> Build:
        """Build a function with this clone's buildpack in a poisoned environment.

        With the `image` of an earlier build it is a rebuild.
        """
        variables = POISON | dict(env or {})
        options = [
            *options,
            *("--path", str(app), "--buildpack", str(prerequisites.BUILDPACK)),
            *("--builder", prerequisites.builder(self.client), "--pull-policy", "never"),
            *("--trust-builder", "--trust-extra-buildpacks"),
            *(part for key, value in variables.items() for part in ("--env", f"{key}={value}")),
        ]
        return self.command(options, image=image)

    def command(
        self, options: Sequence[str], *, cwd: Path | None = None, image: Image | None = None
    ) -> Build:
        """Run `pack build NAME OPTIONS` like a user, with the project's tools on the PATH."""
        image = image or self.new_image()
        result = subprocess.run(
            [self.program, "build", image.name, *options],
            env=os.environ | {"PATH": prerequisites.path_with_tools()},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_BUILD_TIMEOUT,
            check=False,
        )
        if image.exists:
            self._made.append((image.name, image.digest))
        return Build(result.returncode, _COLOUR.sub("", result.stdout), image)

    def rebase(self, image: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run `pack rebase`."""
        return subprocess.run(
            [self.program, "rebase", image, *options],
            env=os.environ | {"PATH": prerequisites.path_with_tools()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def new_image(self) -> Image:
        """Return a unique image name. The image is removed with the others."""
        return Image(f"{self.prefix}-{next(self._numbers)}", self.client)

    def tag(self, image: Image, other: Image) -> None:
        """Give an image another name, so that it can be changed. It is removed with the others."""
        self.client.client.images.get(image.name).tag(other.name)
        self._made.append((other.name, other.digest))

    def remove_all(self) -> None:
        """Remove the built images, also the replaced ones, and pack's caches for them."""
        remove_images(self.client, self._made)
        remove_volumes(self.client, self.prefix)


def remove_images(client: DockerClient, made: Sequence[tuple[str, str]]) -> None:
    """Remove the names, and the images that rebuilds have left without a name.

    Not simply the digests: others may have built the same image under another name.
    """
    for name in {name for name, _ in made}:
        client.client.images.remove(name)
    replaced = {digest for _, digest in made}
    # Not images.list(), which asks for each again: another test may have removed it by then.
    dangling = {image["Id"] for image in client.client.api.images(filters={"dangling": True})}
    for digest in replaced & dangling:
        with suppress(OSError):  # docker-py's errors are requests', which are OSErrors
            client.client.images.remove(digest)


def remove_volumes(client: DockerClient, part: str) -> None:
    """Remove the volumes with this part in their names."""
    for volume in client.client.volumes.list(filters={"name": part}):
        volume.remove(force=True)
