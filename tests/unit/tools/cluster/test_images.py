"""The images that a cluster needs in the registry."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tools.cluster import images
from tools.cluster.images import Image
from tools.cluster.settings import Cluster
from tools.console import Failure
from tools.machine import registry


def test_an_image_of_a_program() -> None:
    """It only has the program, at ko's path, and does not run as root."""
    image = images.program("knative/serving-queue:latest", Path("/tools/key/queue-proxy"))

    assert (
        "FROM scratch",
        "COPY root/queue-proxy /ko-app/queue-proxy",
        "USER 65532",
        'ENTRYPOINT ["/ko-app/queue-proxy"]',
    ) == image.dockerfile


def test_the_image_of_func_util() -> None:
    """It has the program under all names that func's pipeline uses."""
    image = images.func_util(Path("/tools/key/func-util"))

    assert {"deploy", "scaffold", "sh", "socat", "s2i", "s2i-generate"} == set(image.links)


IMAGE = Image("a:1", ("FROM scratch",), Path("/tools/key/a"), ("b",))


@pytest.mark.parametrize(
    "other",
    [
        replace(IMAGE, dockerfile=("FROM scratch", "USER 1")),
        replace(IMAGE, program=Path("/tools/other/a")),
        replace(IMAGE, program=None),
        replace(IMAGE, links=()),
    ],
)
def test_what_decides_an_image_is_in_its_key(other: Image) -> None:
    """Another Dockerfile, program or link gives another key."""
    assert other.key != IMAGE.key


@pytest.fixture
def pushes(cluster: Cluster) -> list[str]:
    """The pushes so far, to a registry with a folder."""
    registry.folder(cluster.settings).mkdir(parents=True)
    return []


def test_an_image_is_pushed_once(cluster: Cluster, pushes: list[str]) -> None:
    """It is only pushed again if its key has changed."""
    for key in ("1", "1", "2"):
        images.push_once(cluster, "library/bash:5.1", key, partial(pushes.append, key))

    assert ["1", "2"] == pushes


def test_a_failed_push_is_tried_again(cluster: Cluster, pushes: list[str]) -> None:
    """After a failure, the next call pushes it again."""

    def fail() -> None:
        raise Failure("The registry does not answer")

    with pytest.raises(Failure):
        images.push_once(cluster, "a/b:1", "1", fail)
    images.push_once(cluster, "a/b:1", "1", lambda: pushes.append("1"))

    assert ["1"] == pushes
