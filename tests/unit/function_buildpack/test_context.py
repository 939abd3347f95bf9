"""What the lifecycle tells a phase: where service bindings are."""

from pathlib import Path

from function_buildpack.cnb.context import BuildContext


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
