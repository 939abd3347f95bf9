"""Functions with dependencies in all forms, built with the real pack and started."""

from pathlib import Path

import pytest

from contract import manifests
from contract.manifests import MANIFESTS, NOT_INSTALLED, Manifest
from image.container import serving
from image.pack import Pack


@pytest.mark.parametrize("manifest", MANIFESTS, ids=[manifest.kind for manifest in MANIFESTS])
def test_declared(pack: Pack, manifest: Manifest, tmp_path: Path) -> None:
    """The image has the declared packages, without groups for tests."""
    manifests.prepare(manifest.kind, tmp_path / "app", at="/workspace")

    built = pack.build(tmp_path / "app")

    assert f"Dependencies from: {manifest.file}\n" in built.log
    with serving(built.image) as container:
        found = set(container.get("/").json())
    assert manifest.installed <= found
    assert not NOT_INSTALLED & found


def test_uv_workspace(pack: Pack, tmp_path: Path) -> None:
    """All kinds of files in packages work at run time, wherever the packages come from.

    A src layout with a package next to the function, a member of the workspace and a path outside
    of it that share a namespace, a data file, a console script, a .pth file, an extra and a group.
    """
    manifests.prepare("uv_workspace", tmp_path / "app")
    env = {
        "BP_FUNCTION_PATH": "services/mine",
        "BP_FUNCTION_EXTRAS": "math",
        "BP_FUNCTION_GROUPS": "data",
    }

    built = pack.build(tmp_path / "app", env=env)

    with serving(built.image) as container:
        answer = container.get("/").json()
    assert {"six==1.17.0", "sniffio==1.3.1", "idna==3.10"} <= set(answer["installed"])
    assert not NOT_INSTALLED & set(answer["installed"])
    assert "beside the function" == answer["beside"]
    assert "a data file" == answer["data"]
    assert "a console script" == answer["script"]
    assert "a .pth file" == answer["hook"]
    assert all("/site-packages/acme/" in file for file in answer["files"])
