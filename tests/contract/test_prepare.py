"""The runtime as a builder has it ready: found by the builds that it fits, and the same bytes."""

import shutil
from pathlib import Path

import pytest

from contract.phases import ROOT, Phase, Workspace, files_below

HANDLE = "async def handle(*_): ...\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A function, and beside its layers `first`: those of a build without anything ready."""
    workspace = Workspace.create(tmp_path_factory.mktemp("plain"), {"function.py": HANDLE})
    phase = workspace.run("build")
    assert 0 == phase.status, phase.log
    assert "uvloop" in phase.log
    shutil.copytree(workspace.layers, workspace.layers.with_name("first"), symlinks=True)
    return workspace


@pytest.fixture(scope="module")
def buildpack(tmp_path_factory: pytest.TempPathFactory, plain: Workspace) -> Path:
    """The buildpack with the runtime ready, for the layers folder of `plain`."""
    copy = tmp_path_factory.mktemp("prepared") / "buildpack"
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


def test_first(plain: Workspace, buildpack: Path) -> None:
    """A first build copies, and gives what a build without gives."""
    first = plain.layers.with_name("first")
    shutil.rmtree(plain.layers)
    plain.layers.mkdir()

    quick = plain.run("build", buildpack)

    assert 0 == quick.status, quick.log
    assert "uvloop" not in quick.log
    assert "which the builder has ready" in quick.log
    assert files_below(first / "asgi-runtime") == files_below(plain.layers / "asgi-runtime")
    described = "asgi-runtime.sbom.cdx.json"
    assert (first / described).read_bytes() == (plain.layers / described).read_bytes()


def rebuild(plain: Workspace, buildpack: Path, files: dict[str, str]) -> Phase:
    """Build a changed function, with the launch layers restored without contents."""
    for layer in ("dependencies", "asgi-runtime"):
        shutil.rmtree(plain.layers / layer, ignore_errors=True)
    plain.write(files)
    return plain.run("build", buildpack)


def test_rebuild(plain: Workspace, buildpack: Path) -> None:
    """What the builder has needs no archive: neither a changed source nor other packages do."""
    importing = f"import func_runtime, idna\n{HANDLE}"
    first = rebuild(plain, buildpack, {"function.py": importing, "requirements.txt": "idna==3.10"})
    archives = [path.name.rpartition("-")[0] for path in (plain.layers / "archives").iterdir()]

    again = rebuild(plain, buildpack, {"function.py": f"{importing}# changed\n"})

    for phase in (first, again):
        assert 0 == phase.status, phase.log
        assert "Reusing the runtime layer" in phase.log
        assert "Loaded the function" in phase.log
    assert "Installing: since the earlier build" in first.log
    assert "Reusing the dependencies layer" in again.log
    assert ["dependencies"] == archives


def test_rebuild_that_fails(plain: Workspace, buildpack: Path) -> None:
    """The check is the same: what does not load, does not build."""
    phase = rebuild(plain, buildpack, {"function.py": f"import nowhere_to_be_found\n{HANDLE}"})

    assert 1 == phase.status
    assert "No module named 'nowhere_to_be_found'" in phase.log
