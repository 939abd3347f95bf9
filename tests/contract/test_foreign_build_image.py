"""bin/detect and bin/build on a build image with only python3."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from contract.phases import Workspace, files_below

HANDLE = """
async def handle(scope, receive, send):
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with a bare Python (no pip, no library) and basic programs."""
    folder = tmp_path_factory.mktemp("image")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "python"], check=True)
    (folder / "bin").mkdir()
    for tool in ("sh", "dirname", "cat"):
        (folder / "bin" / tool).symlink_to(f"/bin/{tool}")
    python = folder / "bin" / "python3"
    python.write_text(f'#!/bin/sh\nexec "{folder}/python/bin/python3" "$@"\n')
    python.chmod(0o755)
    return str(folder / "bin")


def test_build(tmp_path: Path, path: str) -> None:
    """The build installs its tools. With the cache, the next build uses no index."""
    workspace = Workspace.create(tmp_path, {"function.py": HANDLE})

    first = workspace.run("build", PATH=path)

    assert 0 == first.status, first.log
    assert "Missing in the build image: uv, packaging, tomli_w, yaml" in first.log
    assert {"cache": True} == workspace.toml("build-tools.toml")["types"]
    tools = files_below(workspace.layers / "build-tools")
    for layer in ("dependencies", "asgi-runtime"):  # restored metadata has no types
        described = workspace.layers / f"{layer}.toml"
        text = described.read_text()
        assert tomllib.loads(text)["types"]["launch"]
        described.write_text(text[text.index("[metadata]") :])

    second = workspace.run("build", PATH=path, UV_DEFAULT_INDEX="http://127.0.0.1:9/simple")

    assert 0 == second.status, second.log
    assert "Reusing the build tools of an earlier build" in second.log
    assert tools == files_below(workspace.layers / "build-tools")


def test_no_index(tmp_path: Path, path: str) -> None:
    """If neither the image nor an index has the tools, the error names them."""
    phase = Workspace.create(tmp_path, {"function.py": HANDLE}).run(
        "build", PATH=path, UV_DEFAULT_INDEX="http://127.0.0.1:9/simple"
    )

    assert 1 == phase.status
    assert "Missing in the build image: uv, packaging, tomli_w, yaml" in phase.log
    assert "ERROR: The package index does not respond" in phase.log


@pytest.mark.parametrize(("runtime", "status"), [("python", 0), ("go", 100)])
def test_detect(tmp_path: Path, path: str, runtime: str, status: int) -> None:
    """Detect needs no library."""
    workspace = Workspace.create(tmp_path, {"func.yaml": f"runtime: {runtime}\n"})

    assert status == workspace.run("detect", PATH=path).status
