"""A second function on a node with the first one: shared and additional layers."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from bench.images.saved import Saved
from testcontainers.core.docker_client import DockerClient

from image.layers import saved
from image.pack import Build

KB = 1_000


@pytest.fixture(scope="module")
def both(
    docker: DockerClient, http_build: Build, event_build: Build
) -> Iterator[tuple[Saved, Saved]]:
    """Return the images of two functions that share neither a source nor their dependencies."""
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(saved(docker, build.image.name))
            for build in (http_build, event_build)
        )
        yield first, second


def test_shared_layers(both: tuple[Saved, Saved]) -> None:
    """Both share the layers of the run image, the runtime, the launcher and the process types."""
    first, second = both
    shared = [layer for layer in second.layers if layer in first.layers]

    assert shared[:2] == [layer for layer in second.layers if layer not in second.parts]
    names = {second.parts[layer] for layer in shared if layer in second.parts}
    assert {"asgi-runtime", "launcher", "process-types"} == names


def test_what_it_adds(both: tuple[Saved, Saved]) -> None:
    """Its layers except the dependencies are small, even uncompressed."""
    first, second = both
    own = {
        second.parts[layer]: second.size(layer)
        for layer in second.layers
        if layer not in first.layers
    }
    del own["dependencies"]

    assert {"app", "config", "project", "sbom", "variables"} == set(own)
    assert sum(size.archive for size in own.values()) <= 200 * KB
    assert sum(size.compressed for size in own.values()) <= 20 * KB
