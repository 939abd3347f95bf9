"""The ways to build an image: pack with a builder, func's own, and Docker with a Dockerfile."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.build import disk, process
from bench.build.process import Ended

PREFIX = "knative-python-bench"
_CACHES = ("build", "launch")  # as pack calls them
BASE = f"{PREFIX}/python"

# Like func's host builder: a virtual environment, the newest pip, everything in one folder.
PIP_DOCKERFILE = f"""\
FROM {BASE}
WORKDIR /func
COPY . .
RUN python3 -m venv .venv \\
    && .venv/bin/pip install --upgrade pip \\
    && .venv/bin/pip install . --target lib \\
    && rm -r .venv
ENV PYTHONPATH=/func/lib LISTEN_ADDRESS=[::]:8080
CMD ["python3", "service/main.py"]
"""

# The same packages with uv, as its documentation recommends for images: compiled, without a cache,
# the dependencies in a separate layer.
UV_DOCKERFILE = f"""\
FROM {BASE}
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
WORKDIR /func
COPY f/pyproject.toml f/
RUN uv pip install --python /usr/bin/python3 --target lib -r f/pyproject.toml func-python==0.8.1
COPY . .
ENV PYTHONPATH=/func/lib:/func/f LISTEN_ADDRESS=[::]:8080
CMD ["python3", "service/main.py"]
"""


class Peer(Protocol):
    """Builds an image of a folder."""

    def build(self, folder: Path, *, cold: bool) -> Ended:
        """Build. `cold` means without any file of an earlier build.

        :raises BenchFailed: the build failed.
        """
        ...

    def forget(self) -> None:
        """Remove the image and all caches."""
        ...


class ImagePeer(Peer, Protocol):
    """Gives the image to Docker."""

    @property
    def image(self) -> str:
        """The name of the image."""
        ...


@dataclass(frozen=True)
class Pack:
    """`pack build` with a trusted builder, so in one container (creator).

    `buildpack` is a folder that pack adds to the builder. Then pack starts a container for each of
    five phases, unless it trusts that buildpack, too.
    """

    program: Path
    builder: str
    name: str
    environ: Mapping[str, str]
    env: tuple[str, ...] = ()
    buildpack: Path | None = None
    trusts_buildpack: bool = False

    def build(self, folder: Path, *, cold: bool) -> Ended:
        """Build; see Peer."""
        if cold:
            self.forget()
        there = [] if cold else [self.image]
        volumes = [] if cold else [self._volume(kind) for kind in _CACHES]
        disk.settle([self.builder, *there], volumes, [self.program], self.environ)
        command: list[str | Path] = [
            *(self.program, "build", self.image, "--path", folder, "--builder", self.builder),
            *("--trust-builder", "--pull-policy", "never"),
        ]
        for kind in _CACHES:
            command += ["--cache", f"type={kind};format=volume;name={self._volume(kind)}"]
        for variable in self.env:
            command += ["--env", variable]
        if self.buildpack:
            command += ["--buildpack", self.buildpack]
        if self.trusts_buildpack:
            command.append("--trust-extra-buildpacks")
        return _replacing(self.image, command, self.environ)

    def forget(self) -> None:
        """Remove the image and both caches."""
        for command in (
            ["docker", "image", "rm", "--force", self.image],
            ["docker", "volume", "rm", "--force", *map(self._volume, _CACHES)],
        ):
            process.run(command, environ=self.environ)

    @property
    def image(self) -> str:
        """The name of the image."""
        return f"{PREFIX}/{self.name}"

    def _volume(self, kind: str) -> str:
        return f"{PREFIX}-{self.name}-{kind}"


@dataclass(frozen=True)
class Docker:
    """`docker build` with a Dockerfile."""

    dockerfile: str
    name: str
    environ: Mapping[str, str]

    def build(self, folder: Path, *, cold: bool) -> Ended:
        """Build; see Peer."""
        fresh = ["--no-cache"] if cold else []
        disk.settle([BASE] if cold else [BASE, self.image], (), (), self.environ)
        command = ["docker", "build", *fresh, "--tag", self.image, "--file", "-", str(folder)]
        return _replacing(self.image, command, self.environ, stdin=self.dockerfile)

    def forget(self) -> None:
        """Remove the image."""
        process.run(["docker", "image", "rm", "--force", self.image], environ=self.environ)

    @property
    def image(self) -> str:
        """The name of the image."""
        return f"{PREFIX}/{self.name}"


@dataclass(frozen=True)
class FuncHost:
    """`func build --builder host`: a virtual environment and pip on this machine, without Docker.

    :param registry: has the Dockerfiles' base image, see `push_base`
    :param cache: a folder for pip's cache
    """

    program: Path
    registry: str
    cache: Path
    environ: Mapping[str, str]

    def push_base(self) -> None:
        """Push the base image to the registry: func does not read images from a daemon.

        :raises BenchFailed: there is no registry.
        """
        for command in (["docker", "tag", BASE, self._base], ["docker", "push", self._base]):
            process.run(command, environ=self.environ)

    def build(self, folder: Path, *, cold: bool) -> Ended:
        """Build into files in the function's folder; see Peer."""
        if cold:
            shutil.rmtree(folder / ".func", ignore_errors=True)
            shutil.rmtree(self.cache, ignore_errors=True)
        disk.settle((), (), [self.program], self.environ)
        command: list[str | Path] = [
            *(self.program, "build", "--builder", "host", "--base-image", self._base),
            *("--registry", f"{self.registry}/{PREFIX}", "--path", folder),
        ]
        return process.run(command, environ={**self.environ, "PIP_CACHE_DIR": str(self.cache)})

    def forget(self) -> None:
        """Remove the base image's second name; its layers stay in the registry."""
        command = ["docker", "image", "rm", "--force", self._base]
        process.run(command, environ=self.environ)

    @property
    def _base(self) -> str:
        return f"{self.registry}/{BASE}"


def _replacing(
    image: str, command: Sequence[str | Path], environ: Mapping[str, str], stdin: str = ""
) -> Ended:
    """Run a build, and remove the earlier image of that name, which would stay without a name."""
    ask = ["docker", "image", "ls", "--quiet", "--no-trunc", image]
    before = process.run(ask, environ=environ).output.strip()
    ended = process.run(command, environ=environ, stdin=stdin)
    if before and before != process.run(ask, environ=environ).output.strip():
        process.run(["docker", "image", "rm", "--force", before], environ=environ)
    return ended
