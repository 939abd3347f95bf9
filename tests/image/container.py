"""Runs images with the real Docker and talks to them as a user or a platform does."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
from testcontainers.core.container import DockerContainer

from image.pack import Image

# Guards against what never comes: longer than a container takes for anything on a busy machine.
_PATIENCE = 90


@dataclass(frozen=True)
class Container:
    """A started container. Docker keeps it until the end of the context."""

    started: DockerContainer
    port: int
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=_PATIENCE))

    @property
    def url(self) -> str:
        """Return the address of its published port."""
        # Asked each time: Docker may choose another port when a container is started again.
        return f"http://127.0.0.1:{self.started._get_exposed_port(self.port)}"  # noqa: SLF001

    def get(self, path: str = "/", **options: Any) -> httpx.Response:
        """Send a GET request."""
        return self.http.get(f"{self.url}{path}", **options)

    def post(self, path: str = "/", **options: Any) -> httpx.Response:
        """Send a POST request."""
        return self.http.post(f"{self.url}{path}", **options)

    @property
    def log(self) -> str:
        """Return the output of its process, both streams."""
        content: bytes = self.started.get_wrapped_container().logs()
        return content.decode()

    @property
    def written(self) -> list[str]:
        """Return the paths that its process created or changed (`docker diff`)."""
        return [change["Path"] for change in self.started.get_wrapped_container().diff() or ()]

    def stop(self) -> int:
        """Stop it as `docker stop` does, SIGTERM first, and return the exit code."""
        self.started.get_wrapped_container().stop(timeout=_PATIENCE)
        return self.wait()

    def wait(self) -> int:
        """Wait until its process has ended and return the exit code."""
        return int(self.started.get_wrapped_container().wait(timeout=_PATIENCE)["StatusCode"])

    def is_ready(self) -> bool:
        """Return whether its readiness check succeeds."""
        try:
            return self.get("/health/readiness").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@contextmanager
def started(
    image: Image, *, port: int = 8080, host_port: int = 0, **run: Any
) -> Iterator[Container]:
    """Start a container with its port published on loopback.

    Besides docker-py's own options there are `env`, `arguments` and `tmpfs` (a list of folders).
    """
    wanted = DockerContainer(image.name, env=run.pop("env", None))
    wanted.with_command(run.pop("arguments", []))
    for folder in run.pop("tmpfs", []):
        wanted.with_tmpfs_mount(folder)
    if "network_mode" not in run:
        # testcontainers' own methods publish on every interface; docker-py takes an address too.
        ports = cast("dict[str, tuple[str, int]]", wanted.ports)
        ports[f"{port}/tcp"] = ("127.0.0.1", host_port)
    with wanted.with_kwargs(**run) as running:
        container = Container(running, port)
        with container.http:
            yield container


@contextmanager
def serving(image: Image, **run: Any) -> Iterator[Container]:
    """Start a container as `started` does and wait until it is ready."""
    with started(image, **run) as container:
        assert eventually(container.is_ready), container.log
        yield container


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait for a condition, for a limited time. Return whether it was met."""
    end = time.monotonic() + _PATIENCE
    while not (held := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return held
