"""bin/detect like the lifecycle."""

from pathlib import Path

import pytest

from contract.phases import ROOT, Workspace, files_below


@pytest.mark.parametrize("root", [ROOT / "buildpack", ROOT], ids=["buildpack folder", "repository"])
def test_passes(tmp_path: Path, root: Path) -> None:
    """A Python function passes without output and changes, even if bin is a link."""
    files = {"func.yaml": "runtime: python", "function/__init__.py": ""}
    workspace = Workspace.create(tmp_path, files)
    before = files_below(workspace.app)

    phase = workspace.run("detect", root)

    assert (0, "") == (phase.status, phase.log)
    assert before == files_below(workspace.app)


def test_declines(tmp_path: Path) -> None:
    """A function in another language is declined with exit code 100 and the reason."""
    phase = Workspace.create(tmp_path, {"func.yaml": "runtime: go"}).run("detect")

    assert 100 == phase.status
    assert "runtime: go" in phase.log


def test_error(tmp_path: Path) -> None:
    """An invalid setting is an error with a title, not a decline."""
    phase = Workspace.create(tmp_path, {}).run("detect", BP_FUNCTION_PATH="nowhere")

    assert 1 == phase.status
    assert "ERROR: BP_FUNCTION_PATH is not a folder of the source" in phase.log


def test_no_python(tmp_path: Path) -> None:
    """A build image without python3 is an error of the shell script."""
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "dirname", "cat"):
        (tmp_path / "bin" / tool).symlink_to(f"/bin/{tool}")

    phase = Workspace.create(tmp_path, {}).run("detect", PATH=str(tmp_path / "bin"))

    assert 1 == phase.status
    assert "ERROR: The build image has no python3" in phase.log
