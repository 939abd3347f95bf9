"""The whole way with the real func: create, build, run, invoke."""

import json
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from testcontainers.core.docker_client import DockerClient

from contract.runtime_process import free_port
from image import prerequisites
from image.container import eventually
from image.pack import Image, remove_images, remove_volumes

_TIMEOUT = 240  # seconds for a command; a build takes few of them, on a busy machine many


@dataclass(frozen=True)
class Func:
    """The func command, with an image namespace of its own, so that all it made can be removed."""

    program: Path
    client: DockerClient
    folder: Path
    namespace: str
    _made: list[tuple[str, str]] = field(default_factory=list)

    @property
    def registry(self) -> str:
        """Return what --registry gets."""
        return f"{prerequisites.REGISTRY}/{self.namespace}"

    def command(self, arguments: Sequence[str], cwd: Path | None = None) -> str:
        """Run `func ARGUMENTS` and return what it wrote."""
        done = subprocess.run(
            [self.program, *arguments],
            cwd=cwd or self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

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
        """Run `func run` in the folder of a built function; give the address that it says."""
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
        return os.environ | {"HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}

    def remove_all(self) -> None:
        """Remove the images, pack's caches of them, and containers that func left."""
        for left in self.client.client.containers.list(all=True):
            if left.attrs["Config"]["Image"] in {name for name, _ in self._made}:
                left.remove(force=True)
        remove_images(self.client, self._made)
        remove_volumes(self.client, self.namespace)


@pytest.fixture(scope="module")
def command(
    func: Path, docker: DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Func]:
    """Return func, with a namespace that no other run has."""
    folder = tmp_path_factory.mktemp("func")
    made = Func(func, docker, folder, namespace=f"functest-{uuid.uuid4().hex[:8]}")
    yield made
    made.remove_all()


@dataclass(frozen=True)
class Function:
    """A function that func has built."""

    folder: Path
    image: Image


@pytest.fixture(scope="module")
def http_function(command: Func) -> Function:
    """Return a function of func's http template, built."""
    command.command(["create", "-l", "python", "httpfunc"])
    folder = command.folder / "httpfunc"
    image, _ = command.build(folder)
    return Function(folder, image)


@pytest.fixture(scope="module")
def event_function(command: Func) -> Function:
    """Return a function of func's cloudevents template, built."""
    command.command(["create", "-l", "python", "-t", "cloudevents", "eventfunc"])
    folder = command.folder / "eventfunc"
    image, _ = command.build(folder)
    return Function(folder, image)


def test_http_template_is_built_run_and_invoked(command: Func, http_function: Function) -> None:
    """`func run` serves what `func create` wrote, and `func invoke` gets its answer."""
    with command.running(http_function.folder) as address:
        assert httpx.get(address).text == "OK"
        assert httpx.get(f"{address}/health/liveness").status_code == 200
        assert command.command(["invoke"], cwd=http_function.folder).strip() == "OK"


def test_event_template_is_built_run_and_invoked(command: Func, event_function: Function) -> None:
    """The same for the template with events, which is written for SDK 1 and pins nothing."""
    with command.running(event_function.folder) as address:
        assert httpx.get(f"{address}/health/readiness").status_code == 200
        reply = command.command(["invoke"], cwd=event_function.folder)
    assert "dev.knative.function.response" in reply
    assert "Hello World" in reply.partition("Data,")[2]


@pytest.mark.row("T4")
def test_labels_are_those_that_func_describes(http_function: Function) -> None:
    """The image has the label that `func describe` reads, and its runtime layer is ours."""
    assert http_function.image.labels["middleware-version"]
    assert {"asgi-runtime", "dependencies"} <= set(http_function.image.layers)


@pytest.mark.row("T3")
def test_what_func_keeps_locally_stays_out_of_the_image(http_function: Function) -> None:
    """The function is in the image; no file of .func or .git is.

    Folders that func's upload made are root's, so the build cannot remove them themselves, nor the
    three small files of service/, which nothing starts.
    """
    with http_function.image.files("/workspace") as workspace:
        files = [member.name for member in workspace.getmembers() if member.isfile()]
    assert "workspace/fn/function/func.py" in files
    assert not [name for name in files if {".func", ".git"} & set(Path(name).parts)]


@pytest.mark.row("T16")
def test_rebuild_reuses_the_layers(command: Func) -> None:
    """A second `func build` after a change in func.py installs nothing, and the change is there."""
    command.command(["create", "-l", "python", "againfunc"])
    folder = command.folder / "againfunc"
    before = command.build(folder)[0].layers
    function = folder / "function" / "func.py"
    function.write_text(function.read_text().replace("'OK'.encode()", "b'changed'"))

    image, log = command.build(folder)

    assert "Reusing the dependencies layer" in log
    assert "Reusing the runtime layer" in log
    after = image.layers
    assert {name for name in after if after[name] != before[name]} == {"application"}
    with command.running(folder) as address:
        assert httpx.get(address).text == "changed"


def test_build_envs_reach_the_build(command: Func) -> None:
    """build.buildEnvs of func.yaml decide what BP_ and BPE_ variables decide elsewhere."""
    folder = shutil.copytree(prerequisites.EXAMPLES / "http", command.folder / "envfunc")
    func_yaml = folder / "func.yaml"
    envs = "build:\n  buildEnvs:\n  - name: BPE_GREETING\n    value: from func.yaml\n"
    func_yaml.write_text(func_yaml.read_text().replace("name: http", "name: envfunc") + envs)
    command.build(folder)
    with command.running(folder) as address:
        assert httpx.get(address).json()["message"] == "from func.yaml"


def test_function_in_a_folder_of_the_source(command: Func) -> None:
    """A function of a larger source: func.yaml is at its root and names the folder."""
    folder = command.folder / "monofunc"
    shutil.copytree(prerequisites.EXAMPLES / "http", folder / "apps" / "one")
    func_yaml = folder / "apps" / "one" / "func.yaml"
    envs = "build:\n  buildEnvs:\n  - name: BP_FUNCTION_PATH\n    value: apps/one\n"
    (folder / "func.yaml").write_text(
        func_yaml.read_text().replace("name: http", "name: monofunc") + envs
    )
    func_yaml.unlink()

    _, log = command.build(folder)

    assert "Function: fn/apps/one/function" in log
    with command.running(folder) as address:
        assert httpx.get(address).status_code == 200


def _address(log: Path) -> str:
    """Return the address in the line that `func run --json` writes, empty as long as none is."""
    for line in log.read_text().splitlines():
        if line.startswith('{"address"'):
            return str(json.loads(line)["address"])
    return ""


def _is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/readiness").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
