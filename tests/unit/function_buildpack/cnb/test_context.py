"""The input of a phase: the folders of layers and service bindings."""

from pathlib import Path

import pytest

from function_buildpack.cnb.context import BuildContext, LifecycleMissing


def bindings(**environ: str) -> Path:
    """Return the folder of bindings in a build with these variables."""
    return BuildContext.from_environ(
        {"CNB_LAYERS_DIR": "/layers", **environ}, Path("/app")
    ).bindings


def test_bindings(tmp_path: Path) -> None:
    """The variable comes first, then the platform's own folder, then the usual."""
    (tmp_path / "bindings").mkdir()

    assert Path("/b") == bindings(SERVICE_BINDING_ROOT="/b", CNB_PLATFORM_DIR=str(tmp_path))
    assert tmp_path / "bindings" == bindings(CNB_PLATFORM_DIR=str(tmp_path))
    assert Path("/platform/bindings") == bindings(CNB_PLATFORM_DIR=str(tmp_path / "none"))
    assert Path("/platform/bindings") == bindings()


def test_without_a_lifecycle() -> None:
    """A build without the variable for its layers does not start."""
    with pytest.raises(LifecycleMissing, match="CNB_LAYERS_DIR"):
        BuildContext.from_environ({}, Path("/app"))
