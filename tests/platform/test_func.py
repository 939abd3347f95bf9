"""All steps with the real func: create, build, run, invoke."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from contract import package_index
from contract.package_index import write_bindings, write_wheel
from image import prerequisites
from image.func import Func
from image.pack import Image

FUNC_YAML = """\
specVersion: 0.36.0
name: {name}
runtime: python
created: 2026-01-01T00:00:00Z
"""
BOUND = """
import acme_private

async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": acme_private.VERSION.encode()})
"""


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
    """The same for the template with events, which uses SDK 1 and pins nothing."""
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
    """The function is in the image, but no file of .func or .git.

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
    """build.buildEnvs of func.yaml can set BP_ and BPE_ variables."""
    folder = shutil.copytree(prerequisites.EXAMPLES / "http", command.folder / "envfunc")
    func_yaml = folder / "func.yaml"
    envs = "build:\n  buildEnvs:\n  - name: BPE_GREETING\n    value: from func.yaml\n"
    func_yaml.write_text(func_yaml.read_text().replace("name: http", "name: envfunc") + envs)
    command.build(folder)
    with command.running(folder) as address:
        assert httpx.get(address).json()["message"] == "from func.yaml"


def test_funcignore_keeps_files_out(command: Func) -> None:
    """Files in .funcignore are not in the image."""
    folder = shutil.copytree(prerequisites.EXAMPLES / "http", command.folder / "ignorefunc")
    func_yaml = folder / "func.yaml"
    func_yaml.write_text(func_yaml.read_text().replace("name: http", "name: ignorefunc"))
    (folder / ".funcignore").write_text("notes\n*.key\n")
    (folder / "notes").mkdir()
    for name in ("notes/plan.txt", "server.key", "kept.txt"):
        (folder / name).write_text("secret")

    image, _ = command.build(folder)

    with image.files("/workspace") as workspace:
        files = {Path(member.name).name for member in workspace.getmembers() if member.isfile()}
    assert files & {"plan.txt", "server.key", "kept.txt"} == {"kept.txt"}


def test_build_volumes_are_bindings(command: Func, tmp_path: Path) -> None:
    """A folder that build.volumes mounts has the credentials of a private index."""
    packages = tmp_path / "packages"
    packages.mkdir()
    write_wheel(packages)
    folder = command.folder / "boundfunc"
    folder.mkdir()
    (folder / "function.py").write_text(BOUND)
    (folder / "requirements.txt").write_text("acme-private==1.0\n")
    with package_index.serving(packages) as index:
        bindings = write_bindings(
            tmp_path / "bindings",
            pip={"pip.conf": f"[global]\nindex-url = {index.url_with_password}\n"},
            ca_certificates={"corp.pem": index.authority.decode()},
        )
        volumes = f"build:\n  volumes:\n  - {{hostPath: {bindings}, path: /platform/bindings}}\n"
        (folder / "func.yaml").write_text(FUNC_YAML.format(name="boundfunc") + volumes)
        command.build(folder)
    with command.running(folder) as address:
        assert httpx.get(address).text == "1.0"


def test_function_in_a_folder_of_the_source(command: Func) -> None:
    """A function in a larger source: func.yaml is at its root and names the folder."""
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
