"""The runtime as a builder has it ready: found by the builds that it fits, and the same bytes."""

import shutil
from pathlib import Path

from contract.phases import ROOT, Workspace, files_below


def test_prepare(tmp_path: Path) -> None:
    """A build with the prepared buildpack copies, and gives what a build without installs."""
    workspace = Workspace.create(tmp_path, {"function.py": "async def handle(*_): ...\n"})
    plain = workspace.run("build")
    assert 0 == plain.status, plain.log
    installed = files_below(workspace.layers / "runtime")
    described = (workspace.layers / "runtime.sbom.cdx.json").read_bytes()
    shutil.rmtree(workspace.layers)
    workspace.layers.mkdir()

    copy = tmp_path / "buildpack"
    shutil.copytree(ROOT / "buildpack", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "bin" / "prepare").write_text(f'#!/bin/sh\nexec "{copy}/start" prepare\n')
    (copy / "bin" / "prepare").chmod(0o755)
    prepared = workspace.run("prepare", copy)
    assert 0 == prepared.status, prepared.log
    assert "uvloop" in prepared.log
    shutil.rmtree(workspace.layers)
    workspace.layers.mkdir()
    quick = workspace.run("build", copy)

    assert 0 == quick.status, quick.log
    assert "uvloop" in plain.log
    assert "uvloop" not in quick.log
    assert "The builder has its packages ready" in quick.log
    assert installed == files_below(workspace.layers / "runtime")
    assert described == (workspace.layers / "runtime.sbom.cdx.json").read_bytes()
