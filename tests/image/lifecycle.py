"""Runs the lifecycle's programs in containers of the builder, like Tekton's steps.

After func's build on a cluster (its pkg/pipelines/tekton/task-buildpack.yaml.tmpl): Platform API
0.10, folders that steps share, a source in a folder of its own, an image in a registry.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from testcontainers.core.docker_client import DockerClient

from image import prerequisites
from image.pack import Image, Pack

SOURCE = "/workspace/source"
_FOLDERS = (SOURCE, "/layers", "/platform", "/cache", "/home/tekton")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Step:
    """A step that has ended."""

    status: int
    log: str


@dataclass(frozen=True)
class Pipeline:
    """The steps of a build, run by `user` and `group` on the source in `SOURCE/subpath`."""

    client: DockerClient
    name: str
    subpath: str
    user: int
    group: int
    image: Image
    # How much the folder of layers may hold, such as 1m; as much as the disk does if empty.
    room: str = ""

    @property
    def _own(self) -> tuple[str, str]:
        return f"-uid={self.user}", f"-gid={self.group}"

    @property
    def _app(self) -> str:
        return f"-app={SOURCE}/{self.subpath}"

    def prepare(self, app: Path, env: Mapping[str, str] | None = None) -> None:
        """Copy a source and write the build's variables. Everything belongs to the build's user.

        What steps share is empty in the beginning, but for the cache.
        """
        target = f"{SOURCE}/{self.subpath}"
        commands = [
            "set -e",
            f"find {SOURCE} /layers /platform -mindepth 1 -delete",
            f"mkdir -p {target} /platform/env",
            f"cp -R --no-preserve=ownership /app/. {target}",
            *(
                f"printf %s {shlex.quote(value)} >/platform/env/{name}"
                for name, value in (env or {}).items()
            ),
            f"chown -R {self.user}:{self.group} {' '.join(_FOLDERS)}",
        ]
        mounted = {str(app): {"bind": "/app", "mode": "ro"}}
        step = self._run(["bash", "-c", "\n".join(commands)], "0:0", mounted)
        assert step.status == 0, step.log

    def create(self) -> Step:
        """Run all phases in one step."""
        return self._phase(
            "creator",
            *(self._app, "-cache-dir=/cache", "-cache-image=", *self._own),
            *("-layers=/layers", "-platform=/platform", "-report=/layers/report.toml"),
            *("-skip-restore=false", f"-previous-image={self.image.name}", "-run-image="),
            self.image.name,
        )

    def phases(self) -> Iterator[Step]:
        """Run each phase in a separate step."""
        name, layers = self.image.name, "-layers=/layers"
        previous = f"-previous-image={name}"
        yield self._phase("analyzer", layers, *self._own, previous, "-run-image=", name)
        yield self._phase("detector", self._app, layers, "-platform=/platform")
        yield self._phase("restorer", layers, *self._own, "-cache-dir=/cache")
        yield self._phase("builder", self._app, layers, "-platform=/platform")
        yield self._phase("exporter", self._app, layers, *self._own, "-cache-dir=/cache", name)

    def pull(self) -> Image:
        """Pull the image from the registry."""
        self.client.client.images.pull(self.image.name, tag="latest")
        return self.image

    def _phase(self, name: str, *options: str) -> Step:
        return self._run([f"/cnb/lifecycle/{name}", *options], f"{self.user}:{self.group}", {})

    def _run(self, command: list[str], user: str, mounted: dict[str, dict[str, str]]) -> Step:
        limited = "/layers" if self.room else ""
        options = f"size={self.room},uid={self.user},gid={self.group}"
        tmpfs = {limited: options} if limited else {}
        # nocopy: else Docker gives an empty one the owner that the image's own folder has.
        volumes = {
            f"{self.name}{folder.replace('/', '-')}": {"bind": folder, "mode": "nocopy"}
            for folder in _FOLDERS
            if folder != limited
        }
        container = self.client.client.containers.create(
            prerequisites.builder_in_registry(),
            command[1:],
            entrypoint=command[0],
            user=user,
            environment={"CNB_PLATFORM_API": "0.10", "HOME": "/home/tekton"},
            volumes=volumes | mounted,
            tmpfs=tmpfs,
            network_mode="host",
        )
        try:
            container.start()
            status = container.wait()["StatusCode"]
            return Step(status, _COLOUR.sub("", container.logs().decode()))
        finally:
            container.remove(force=True)


@contextmanager
def pipeline(pack: Pack, subpath: str, user: int, group: int, room: str = "") -> Iterator[Pipeline]:
    """Yield the steps of a build. Their shared folders and the image are removed at the end."""
    name = pack.new_image().name
    image = Image(f"{prerequisites.REGISTRY}/{name}/function", pack.client)
    made = Pipeline(pack.client, name, subpath, user, group, image, room)
    try:
        yield made
    finally:
        remove_pulled(made.image)
        for volume in pack.client.client.volumes.list(filters={"name": made.name}):
            volume.remove(force=True)


def remove_pulled(image: Image) -> None:
    """Remove all images that were pulled under a name. A replaced one only has a digest."""
    images = image.client.client.images
    for pulled in images.list(name=image.name):
        for name in (*pulled.tags, *pulled.attrs["RepoDigests"]):
            if name.startswith(image.name):
                with suppress(OSError):  # docker-py's errors are: the digest goes with the last tag
                    images.remove(name)
