"""The SBOMs and labels of an image, and that only locked packages are installed."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from contract.phases import Workspace

SECRET = "planted-secret"
FUNCTION = {
    "function.py": "async def handle(scope, receive, send): ...\n",
    "local/pyproject.toml": '[project]\nname = "local-part"\nversion = "0.1"\n',
    "local/local_part.py": "",
}
PYPROJECT = """
[project]
name = "function"
version = "1.0"
license = "MIT"
requires-python = ">=3.11"
dependencies = ["idna==3.10", "httptools==0.6.4", "local-part"]
[tool.uv.sources]
local-part = { path = "local" }
"""


def sbom(workspace: Workspace, subject: str) -> dict[str, dict[str, Any]]:
    """Return the components of a valid SBOM by name."""
    content = (workspace.layers / f"{subject}.sbom.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content) is None
    return {component["name"]: component for component in json.loads(content)["components"]}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A function with uv.lock and a git checkout, built."""
    folder = tmp_path_factory.mktemp("locked")
    workspace = Workspace.create(folder, {**FUNCTION, "pyproject.toml": PYPROJECT})
    uv = Path(sys.executable).parent / "uv"
    remote = f"https://me:{SECRET}@example.com/function.git"
    for command in (
        [str(uv), "lock", "--quiet"],
        ["git", "init", "--quiet"],
        ["git", "remote", "add", "origin", remote],
        ["git", "-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm1", "--allow-empty"],
    ):
        subprocess.run(command, cwd=workspace.app, check=True)
    phase = workspace.run("build")
    assert phase.status == 0, phase.log
    return workspace


def test_dependencies(locked: Workspace) -> None:
    """The SBOM has each of the function's packages, with its license and the hash of its wheel."""
    found = sbom(locked, "dependencies")

    assert {"idna", "httptools", "local-part"} == found.keys()
    assert "pkg:pypi/idna@3.10" == found["idna"]["purl"]
    lock = (locked.app / "uv.lock").read_text()
    for name in ("idna", "httptools"):  # one wheel for every platform, one of many for this one
        sha256 = found[name]["hashes"][0]["content"]
        (wheel,) = re.findall(rf"{name}-[^/]+whl(?=\", hash = \"sha256:{sha256})", lock)
        assert f"{name}-{found[name]['version']}" in wheel
    assert [{"expression": "MIT"}] == found["httptools"]["licenses"]
    assert "pkg:generic/local-part@0.1" == found["local-part"]["purl"]


def test_runtime(locked: Workspace) -> None:
    """The SBOM has the runtime's packages, and func_runtime itself."""
    found = sbom(locked, "asgi-runtime")

    assert {"func-runtime", "uvloop", "websockets", "cloudevents"} <= found.keys()
    assert [{"expression": "Apache-2.0"}] == found["func-runtime"]["licenses"]
    unlicensed = [name for name, component in found.items() if "licenses" not in component]
    assert [] == unlicensed


def test_interpreter(locked: Workspace) -> None:
    """The SBOM of the image has the images' Python."""
    version = ".".join(map(str, sys.version_info[:3]))

    assert version == sbom(locked, "launch")["python"]["version"]


def test_labels(locked: Workspace) -> None:
    """The image has git's commit and remote, without credentials. .git is not in it."""
    labels = {label["key"]: label["value"] for label in locked.toml("launch.toml")["labels"]}

    assert "https://example.com/function.git" == labels["org.opencontainers.image.source"]
    assert re.fullmatch("[0-9a-f]{40}", labels["org.opencontainers.image.revision"])
    assert "MIT" == labels["org.opencontainers.image.licenses"]
    assert SECRET not in (locked.layers / "launch.toml").read_text()
    assert not (locked.app / ".git").exists()


@pytest.mark.parametrize("name", ["uv.lock", "requirements.txt"])
def test_wrong_hash(tmp_path: Path, name: str) -> None:
    """A package that differs from the locked one is an error with its name."""
    pyproject = PYPROJECT.replace(', "httptools==0.6.4", "local-part"', "")
    pyproject = pyproject[: pyproject.index("[tool")]
    workspace = Workspace.create(tmp_path, {**FUNCTION, "pyproject.toml": pyproject})
    uv = Path(sys.executable).parent / "uv"
    if name == "uv.lock":
        subprocess.run([uv, "lock", "--quiet"], cwd=workspace.app, check=True)
        text = (workspace.app / name).read_text()
        workspace.write({name: re.sub("sha256:[0-9a-f]{64}", f"sha256:{'0' * 64}", text)})
    else:
        workspace.write({name: f"idna==3.10 --hash=sha256:{'0' * 64}\n"})

    phase = workspace.run("build")

    assert 1 == phase.status
    assert "ERROR: A package does not match its locked hash" in phase.log
    said = phase.log[phase.log.index("ERROR:") :]
    assert name in said
    assert "idna" in said
    assert "0" * 64 in said
    assert [] == list(workspace.layers.glob("*.toml"))
