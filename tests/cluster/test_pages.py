"""The exact commands of the pages on deployment, in a fresh clone and with an empty home."""

from collections.abc import Iterator

import pytest
from testcontainers.core.docker_client import DockerClient

import pages
from cluster import node
from cluster.node import Namespace
from image import prerequisites
from image.clone import Clone
from image.container import eventually
from image.pack import remove_images, remove_volumes

_OURS = "tests/cluster/test_pages.py"
# The functions that the pages deploy.
FUNCTIONS = ("myfn", "orders", "moderate", "rate")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Return a clone whose user has nothing but our cache."""
    made = Clone.create(tmp_path_factory.mktemp("user"))
    (made.home / ".cache").mkdir()
    (made.home / ".cache" / "knative-python").symlink_to(node.STATE.parent)
    return made


def commands(page: str) -> str:
    """Return the commands of a page that a test here runs."""
    return "".join(block.commands for block in pages.blocks(page) if _OURS in block.tests)


@pytest.fixture(scope="module")
def default(docker: DockerClient) -> Iterator[Namespace]:
    """Return the namespace that the pages use, and remove what they have made."""
    namespace = Namespace("default")
    yield namespace
    for kinds in ("ksvc,trigger,sequence,broker", "pipelinerun,pipeline,task,pvc"):
        namespace.kubectl("delete", kinds, "--all", "--wait=false")
    namespace.kubectl("delete", "rolebinding", "builds-deploy")
    made = {name: f"{prerequisites.REGISTRY}/me/{name}" for name in FUNCTIONS}
    remove_images(docker, [(image, "") for image in made.values()])
    for name in made:
        remove_volumes(docker, f"me_{name}_latest")


def test_deploy(clone: Clone, default: Namespace) -> None:
    """docs/deploy.md, from `make cluster` to answers: with func and with a YAML file."""
    said = clone.run(commands("docs/deploy.md"))
    assert '{"message": "Hello", "path": "/orders", "bytes": 5}' in said
    assert '"message": "Hello", "path": "/", "bytes": ' in said
    assert {"myfn", "orders"} <= set(names(default, "ksvc"))


def test_reviews(clone: Clone, default: Namespace) -> None:
    """examples/reviews: an event that is sent to the broker goes through both functions."""
    *before, watch = commands("examples/reviews/README.md").splitlines(keepends=True)
    prepared = "\n".join(
        (
            f"export KUBECONFIG={node.VARIABLES['KUBECONFIG']}",
            f"PATH={prerequisites.path_with_tools()}\n",
        )
    )
    said = clone.run(prepared + "".join(before), "examples/reviews")
    assert "HTTP/1.1 202 Accepted" in said
    rated = "A friendly review of Dune: A wonderful book, no *******"
    assert eventually(lambda: rated in clone.run(prepared + watch, "examples/reviews"))
    assert names(default, "sequence") == ["reviews"]


def names(namespace: Namespace, kind: str) -> list[str]:
    """Return the names of all objects of a kind."""
    return [item["metadata"]["name"] for item in namespace.get(kind)["items"]]
