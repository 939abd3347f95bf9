"""The runtime as a builder has it ready: found by the builds that it fits, and the same bytes."""

import shutil
import sys
from pathlib import Path

import pytest

from contract.phases import ROOT, Workspace, files_below
from function_buildpack import prepare
from function_buildpack.build import Buildpack


def test_prepare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A build with the prepared buildpack copies, and gives what a build without installs."""
    workspace = Workspace.create(tmp_path, {"function.py": "async def handle(*_): ...\n"})
    plain = workspace.run("build")
    assert 0 == plain.status, plain.log
    installed = files_below(workspace.layers / "runtime")
    described = (workspace.layers / "runtime.sbom.cdx.json").read_bytes()
    shutil.rmtree(workspace.layers)

    copy = tmp_path / "buildpack"
    shutil.copytree(ROOT / "buildpack", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(Buildpack, "installed", lambda: Buildpack(copy, "0"))
    monkeypatch.setenv("CNB_LAYERS_DIR", str(workspace.layers))
    monkeypatch.setenv("CNB_TARGET_ARCH", "amd64")  # as in Workspace.run
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    assert 0 == prepare.main()
    assert "uvloop" in capfd.readouterr().out
    shutil.rmtree(workspace.layers)
    workspace.layers.mkdir()
    quick = workspace.run("build", root=copy)

    assert 0 == quick.status, quick.log
    assert "uvloop" in plain.log
    assert "uvloop" not in quick.log
    assert installed == files_below(workspace.layers / "runtime")
    assert described == (workspace.layers / "runtime.sbom.cdx.json").read_bytes()
