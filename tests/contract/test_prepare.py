"""What a builder has ready: builds copy the runtime, and get the same bytes; detect is compiled."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract.phases import ROOT, Phase, Workspace, files_below

HANDLE = "async def handle(*_): ...\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A function, and next to its layers `first`: those of a build without a prepared runtime."""
    workspace = Workspace.create(tmp_path_factory.mktemp("plain"), {"function.py": HANDLE})
    phase = workspace.run("build")
    assert 0 == phase.status, phase.log
    assert "uvloop" in phase.log
    shutil.copytree(workspace.layers, workspace.layers.with_name("first"), symlinks=True)
    return workspace


@pytest.fixture(scope="module")
def buildpack(tmp_path_factory: pytest.TempPathFactory, plain: Workspace) -> Path:
    """The buildpack as a builder has it, with the runtime ready for the layers of `plain`."""
    copy = tmp_path_factory.mktemp("buildpacks") / "knative-python_function" / "1"
    shutil.copytree(ROOT / "buildpack", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "bin" / "prepare").write_text(f'#!/bin/sh\nexec "{copy}/start" prepare\n')
    (copy / "bin" / "prepare").chmod(0o755)
    kept = plain.layers.rename(plain.layers.with_name("kept"))
    plain.layers.mkdir()
    try:
        prepared = plain.run("prepare", copy)
        assert 0 == prepared.status, prepared.log
        assert "uvloop" in prepared.log
    finally:
        shutil.rmtree(plain.layers)
        kept.rename(plain.layers)
    return copy


@pytest.fixture
def workspace(plain: Workspace) -> Workspace:
    """The function of `plain`, with no layers: each test starts from the same state."""
    shutil.rmtree(plain.layers)
    plain.layers.mkdir()
    (plain.app / "requirements.txt").unlink(missing_ok=True)
    plain.write({"function.py": HANDLE})
    return plain


def test_first(workspace: Workspace, buildpack: Path) -> None:
    """A first build copies the prepared runtime, and its layer has the same bytes as without."""
    first = workspace.layers.with_name("first")

    quick = workspace.run("build", buildpack)

    assert 0 == quick.status, quick.log
    assert "uvloop" not in quick.log
    assert "that the builder has prepared" in quick.log
    assert files_below(first / "asgi-runtime") == files_below(workspace.layers / "asgi-runtime")
    described = "asgi-runtime.sbom.cdx.json"
    assert (first / described).read_bytes() == (workspace.layers / described).read_bytes()


def rebuild(workspace: Workspace, buildpack: Path, files: dict[str, str]) -> Phase:
    """Build a changed function, with the launch layers restored without contents."""
    for layer in ("dependencies", "asgi-runtime"):
        shutil.rmtree(workspace.layers / layer, ignore_errors=True)
    workspace.write(files)
    return workspace.run("build", buildpack)


def test_rebuild(workspace: Workspace, buildpack: Path) -> None:
    """A prepared runtime needs no archive, neither for a changed source nor for other packages."""
    workspace.run("build", buildpack)
    importing = f"import func_runtime, idna\n{HANDLE}"
    installing = {"function.py": importing, "requirements.txt": "idna==3.10"}

    first = rebuild(workspace, buildpack, installing)
    archives = [path.name.rpartition("-")[0] for path in (workspace.layers / "archives").iterdir()]
    second = rebuild(workspace, buildpack, {"function.py": f"{importing}# changed\n"})

    for phase in (first, second):
        assert 0 == phase.status, phase.log
        assert "Reusing the runtime layer" in phase.log
        assert "Loaded the function" in phase.log
    assert "since the earlier build\n" in first.log
    assert "Reusing the dependencies layer" in second.log
    assert ["dependencies"] == archives


def test_rebuild_that_fails(workspace: Workspace, buildpack: Path) -> None:
    """A rebuild fails, too, if the function does not load."""
    workspace.run("build", buildpack)

    phase = rebuild(workspace, buildpack, {"function.py": f"import nowhere_to_be_found\n{HANDLE}"})

    assert 1 == phase.status
    assert "No module named 'nowhere_to_be_found'" in phase.log


def test_bytecode(workspace: Workspace, buildpack: Path) -> None:
    """A phase runs the bytecode that is ready, except that of a module that has changed since."""
    changed = buildpack / "function_buildpack" / "phases" / "detect.py"
    text = changed.read_text()
    assert set() == compiled(workspace, buildpack)
    changed.write_text(text.replace('"python"', '"pythom"'))  # as long as before
    try:
        assert {"detect.py"} == compiled(workspace, buildpack)
    finally:
        changed.write_text(text)


def compiled(workspace: Workspace, buildpack: Path) -> set[str]:
    """Return the modules of the buildpack that detect had to compile, without those of the start.

    What finds the bytecode is compiled each time.
    """
    ended = subprocess.run(
        [sys.executable, "-I", "-B", "-v", buildpack, "detect"],
        cwd=workspace.app,
        env=workspace.variables(buildpack, {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "function_buildpack.phases.detect" in ended.stderr
    found = re.findall(r"^# code object from (.*[.]py)$", ended.stderr, re.MULTILINE)
    paths = {Path(path) for path in found if Path(path).is_relative_to(buildpack)}
    return {path.name for path in paths} - {"__main__.py", "__init__.py", "prepared.py"}
