"""The commands of pages on deployment, word for word, in a fresh clone and with an empty home."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from testcontainers.core.docker_client import DockerClient

from cluster import node
from cluster.node import Namespace
from image import prerequisites
from image.container import eventually
from image.pack import remove_images, remove_volumes

# A shell's commands in a page. A comment before them says why a test does not run them.
_COMMANDS = re.compile(r"^(<!-- not run: .*-->\n)?```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIMEOUT = 280
# The functions that the pages deploy.
FUNCTIONS = ("myfn", "orders", "moderate", "rate")


@dataclass(frozen=True)
class Clone:
    """A clone of this repository, and the home of a user who has nothing but our cache."""

    folder: Path
    home: Path

    def run(self, commands: str, folder: str = ".") -> str:
        """Run commands as they are typed into one shell, and return what they wrote."""
        done = subprocess.run(
            ["bash", "-euxo", "pipefail"],
            cwd=self.folder / folder,
            env=self._environment(),
            input=commands,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def page(self, name: str) -> str:
        """Return the commands of a page."""
        found = _COMMANDS.findall((self.folder / name).read_text())
        return "".join(commands for reason, commands in found if not reason)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        return kept | {"HOME": str(self.home), "GIT_CONFIG_GLOBAL": "/dev/null"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Return a clone with the files as they are now."""
    made = Clone(tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("home"))
    git("clone", "--quiet", str(prerequisites.ROOT), str(made.folder))
    for name in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        source = prerequisites.ROOT / name
        if source.is_file() and not source.is_symlink():
            (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, made.folder / name)
    (made.home / ".cache").mkdir()
    (made.home / ".cache" / "knative-python").symlink_to(node.STATE.parent)
    return made


def git(*arguments: str) -> str:
    """Run git in this repository and return what it wrote."""
    command = ["git", "-C", str(prerequisites.ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


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
    said = clone.run(clone.page("docs/deploy.md"))
    assert '{"message": "Hello", "path": "/orders", "bytes": 5}' in said
    assert '"message": "Hello", "path": "/", "bytes": ' in said
    assert {"myfn", "orders"} <= set(names(default, "ksvc"))


def test_reviews(clone: Clone, default: Namespace) -> None:
    """examples/reviews: what is sent to the broker goes through both functions."""
    commands = clone.page("examples/reviews/README.md")
    *before, watch = commands.splitlines(keepends=True)
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
