"""Builds in the cluster, on Tekton: `func deploy --remote`, and our own Task and Pipeline."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cluster import node
from cluster.node import Namespace
from contract.runtime_process import free_port
from image import prerequisites
from image.container import eventually
from image.func import Func

TEKTON = prerequisites.ROOT / "deploy" / "tekton"
HANDLER = "function/func.py"


@pytest.fixture(scope="module", autouse=True)
def _may_deploy(namespace: Namespace) -> None:
    """Let the namespace's own account deploy, as docs/deploy.md says."""
    namespace.kubectl(
        "create",
        "rolebinding",
        "builds-deploy",
        "--clusterrole=knative-serving-namespaced-admin",
        f"--serviceaccount={namespace.name}:default",
    )


@dataclass(frozen=True)
class Remote:
    """A function that is built in the cluster."""

    func: Func
    namespace: Namespace
    folder: Path

    def deploy(self, *options: str) -> str:
        """Run `func deploy --remote`; return the log of the step that builds."""
        self.command(*options)
        return self.namespace.step_log("create")

    def command(self, *options: str) -> str:
        """Run `func deploy --remote`; return what it wrote."""
        registry = f"{node.REGISTRY_IN_CLUSTER}/{self.namespace.name}"
        arguments = ["deploy", "--remote", "--builder", "pack", "--registry", registry, *options]
        return self.func.command([*arguments, "--namespace", self.namespace.name], cwd=self.folder)

    def answer(self) -> dict[str, Any]:
        """Send a request to the function through the gateway."""
        with self.namespace.client(self.folder.name) as client:
            answer: dict[str, Any] = client.get("/orders").json()
            return answer


def created(func: Func, folder: Path) -> Path:
    """Create a function from our http template."""
    pack = ["--repository", f"file://{prerequisites.ROOT}", "--template", "http"]
    func.command(["create", "--language", "python", *pack, str(folder)])
    return folder


def greet(folder: Path, greeting: str) -> None:
    """Edit the function of our http template."""
    source = folder / HANDLER
    before, after = source.read_text().split('cfg.get("GREETING", "', 1)
    source.write_text(f'{before}cfg.get("GREETING", "{greeting}"{after.partition(chr(34))[2]}')


@pytest.fixture(scope="module")
def uploaded(func: Func, namespace: Namespace) -> Remote:
    """Return a function that func has uploaded, and Tekton has built and deployed."""
    made = Remote(func, namespace, created(func, func.folder / "uploaded"))
    made.deploy()
    return made


def test_it_is_built_deployed_and_answers(uploaded: Remote) -> None:
    """`func deploy --remote` ends when the function that Tekton has built is ready."""
    assert {"message": "Hello", "path": "/orders", "bytes": 0} == uploaded.answer()


def test_it_is_built_as_func_builds(uploaded: Remote) -> None:
    """The lifecycle of our builder runs as 1001:0 with Platform API 0.10, as in func's task."""
    step = uploaded.namespace.step("create")
    assert [f"{prerequisites.REGISTRY}/{prerequisites.BUILDER}"] == [step["image"]]
    user = step["securityContext"]
    assert (1001, 0) == (user["runAsUser"], user["runAsGroup"])
    assert {"name": "CNB_PLATFORM_API", "value": "0.10"} in step["env"]


def test_a_failing_build_says_why(uploaded: Remote) -> None:
    """func shows the error of a failed build, Tekton keeps it, and the running function stays."""
    source = uploaded.folder / HANDLER
    text = source.read_text()
    source.write_text(f'{text}\nraise RuntimeError("no database")\n')
    try:
        with pytest.raises(AssertionError) as failed:
            uploaded.command()
    finally:
        source.write_text(text)
    assert "no database" in str(failed.value)
    assert "no database" in uploaded.namespace.step_log("create")
    assert "Hello" == uploaded.answer()["message"]


def test_an_edit_is_built_and_deployed(uploaded: Remote) -> None:
    """A second build gives the new code, in an image that shares all other layers."""
    greet(uploaded.folder, "Changed")
    log = uploaded.deploy()
    assert "Reusing layer 'knative-python/function:asgi-runtime'" in log
    assert "Reusing layer 'knative-python/function:dependencies'" in log
    assert "Changed" == uploaded.answer()["message"]


def test_a_function_from_git(func: Func, namespace: Namespace, tmp_path: Path) -> None:
    """With --git-url the source is a folder of a repository, and the build's cache stays."""
    repository = tmp_path / "git" / "repository"
    folder = created(func, repository / "from-git")
    made = Remote(func, namespace, shutil.copytree(folder, func.folder / "from-git"))
    with served(repository) as address:
        options = ["--git-url", address, "--git-branch", "main", "--git-dir", "from-git"]
        made.deploy(*options)
        assert "Hello" == made.answer()["message"]

        greet(folder, "Committed")
        commit(repository)
        log = made.deploy(*options)

    assert "Reusing the dependencies layer" in log
    assert "Committed" == made.answer()["message"]


@pytest.mark.parametrize("name", ["task", "pipeline", "volume", "run"])
def test_tekton_accepts_our_files(namespace: Namespace, name: str) -> None:
    """Tekton accepts each file of deploy/tekton without a change."""
    namespace.kubectl("create", "--dry-run=server", "--filename", str(TEKTON / f"{name}.yaml"))


def test_our_pipeline(func: Func, namespace: Namespace, tmp_path: Path) -> None:
    """The Pipeline of deploy/tekton clones, builds and deploys, and builds again with its cache."""
    repository = tmp_path / "git" / "repository"
    folder = created(func, repository)
    shutil.copy(prerequisites.ROOT / "deploy" / "knative" / "service.yaml", folder)
    for name in ("task", "pipeline", "volume"):
        namespace.kubectl("apply", "--filename", str(TEKTON / f"{name}.yaml"))
    with served(repository) as address:
        run = run_of(namespace, address)
        namespace.wait_until_run(started(namespace, run))
        with namespace.client("myfn") as client:
            assert {"message": "Hello", "path": "/", "bytes": 0} == client.get("/").json()

        greet(folder, "Committed")
        commit(repository)
        namespace.wait_until_run(started(namespace, run))

    assert "Reusing the dependencies layer" in namespace.step_log("build")
    with namespace.client("myfn") as client:
        assert eventually(lambda: client.get("/").json()["message"] == "Committed")


def started(namespace: Namespace, run: str) -> str:
    """Start a run of a pipeline and return its name."""
    made = namespace.kubectl("create", "--output", "name", "--filename", "-", text=run)
    return made.strip().partition("/")[2]


def run_of(namespace: Namespace, address: str) -> str:
    """Return deploy/tekton/run.yaml with the user's values."""
    text = (TEKTON / "run.yaml").read_text()
    values = {
        "https://git.example.com/me/myfn": address,
        "registry.example.com/me/myfn": f"{node.REGISTRY_IN_CLUSTER}/{namespace.name}/myfn",
        "registry.example.com/functions/builder": prerequisites.builder_in_registry(),
    }
    for before, after in values.items():
        assert before in text
        text = text.replace(before, after)
    return text


@contextmanager
def served(repository: Path) -> Iterator[str]:
    """Commit a folder to a git repository, and give the address that pods find it at."""
    git(repository, "init", "--quiet", "--initial-branch", "main")
    commit(repository)
    port = free_port()
    options = [f"--base-path={repository.parent}", f"--listen={node.HOST}", f"--port={port}"]
    daemon = subprocess.Popen(["git", "daemon", "--export-all", "--reuseaddr", *options])
    try:
        yield f"git://{node.HOST}:{port}/{repository.name}"
    finally:
        daemon.terminate()
        daemon.wait()


def commit(repository: Path) -> None:
    """Commit all files of a folder."""
    git(repository, "add", "--all")
    author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    git(repository, *author, "commit", "--quiet", "--message", "Change")


def git(repository: Path, *arguments: str) -> None:
    """Run git in a repository."""
    subprocess.run(["git", *arguments], cwd=repository, check=True)
