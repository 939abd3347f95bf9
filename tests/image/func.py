"""Runs the real func, with a new home and a unique image namespace."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from testcontainers.core.docker_client import DockerClient

from contract.runtime_process import free_port
from image import prerequisites
from image.container import eventually
from image.pack import Image, remove_images, remove_volumes

_TIMEOUT = 240  # seconds for a command; a build takes few of them, on a busy machine many


@dataclass(frozen=True)
class Func:
    """The func command, with a unique image namespace, so that its images can be removed."""

    program: Path
    client: DockerClient
    folder: Path
    namespace: str
    variables: Mapping[str, str] = field(default_factory=dict)
    _made: list[tuple[str, str]] = field(default_factory=list)

    @property
    def registry(self) -> str:
        """Return the value of --registry."""
        return f"{prerequisites.REGISTRY}/{self.namespace}"

    def command(
        self,
        arguments: Sequence[str],
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Run `func ARGUMENTS`, perhaps with more variables, and return its output."""
        done = self.attempt(arguments, cwd, variables)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def attempt(
        self,
        arguments: Sequence[str],
        cwd: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `func ARGUMENTS`, which may fail; stderr is in stdout."""
        return subprocess.run(
            [self.program, *arguments],
            cwd=cwd or self.folder,
            env=self._environment() | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )

    def build(self, project: Path) -> tuple[Image, str]:
        """Run `func build` in a function's folder and return the image and the log."""
        builder = prerequisites.builder_in_registry()
        options = ["--builder", "pack", "--builder-image", builder, "--registry", self.registry]
        log = self.command(["build", *options, "--verbose"], cwd=project)
        image = Image(f"{self.registry}/{project.name}:latest", self.client)
        self._made.append((image.name, image.digest))
        return image, log

    @contextmanager
    def running(self, project: Path) -> Iterator[str]:
        """Run `func run` in the folder of a built function. Yield the address in its output."""
        builder = prerequisites.builder_in_registry()
        options = ["--builder", "pack", "--builder-image", builder, "--registry", self.registry]
        options += ["--build=false", "--json", "--address", f"127.0.0.1:{free_port()}"]
        log = project.with_suffix(".log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self.program, "run", *options],
                cwd=project,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            assert eventually(lambda: _address(log) != "" or process.poll() is not None)
            address = _address(log)
            # func waits for an open port, which Docker opens before the function does.
            assert address, log.read_text()
            assert eventually(lambda: _is_ready(address)), log.read_text()
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_TIMEOUT)

    def _environment(self) -> dict[str, str]:
        # Its settings and credentials are looked for in the user's own folders.
        home = {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        return os.environ | self.variables | home

    def remove_all(self) -> None:
        """Remove the images, pack's caches for them, and remaining containers of func."""
        for left in self.client.client.containers.list(all=True):
            if left.attrs["Config"]["Image"].startswith(f"{self.registry}/"):
                left.remove(force=True)
        remove_images(self.client, [*self._made, *((name, "") for name in self._names())])
        remove_volumes(self.client, self.namespace)

    def _names(self) -> Iterator[str]:
        """Return the names of all images, or the digest of one whose tag has moved."""
        named = {"reference": f"{self.registry}/*"}
        for image in self.client.client.api.images(filters=named):
            tags = [tag for tag in image["RepoTags"] or () if tag.startswith(self.registry)]
            yield from tags or image["RepoDigests"]


def _address(log: Path) -> str:
    """Return the address in the line of `func run --json`. Empty before that line."""
    for line in log.read_text().splitlines():
        if line.startswith('{"address"'):
            return str(json.loads(line)["address"])
    return ""


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/readiness").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
