"""The SBOMs of an image, downloaded with pack."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from image import prerequisites
from image.pack import Build, Image, Pack

_OURS = "layers/sbom/launch/knative-python_function"


def download(pack: Pack, image: Image, folder: Path) -> dict[str, str]:
    """Return the image's SBOMs from `pack sbom download`, by their subject."""
    subprocess.run(
        [pack.program, "sbom", "download", image.name, "--output-dir", folder],
        env=os.environ | {"PATH": prerequisites.path_with_tools()},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return {
        str(path.parent.relative_to(folder / _OURS)): path.read_text()
        for path in (folder / _OURS).rglob("sbom.cdx.json")
    }


def components(sbom: str) -> dict[str, dict[str, Any]]:
    """Return the components of a valid SBOM by name."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(sbom) is None
    return {component["name"]: component for component in json.loads(sbom)["components"]}


def test_sboms(pack: Pack, http_build: Build, tmp_path: Path) -> None:
    """The image has valid SBOMs of its layers and its Python. Each part has purl and license."""
    found = download(pack, http_build.image, tmp_path)

    assert {".", "asgi-runtime", "dependencies", "project"} == found.keys()
    assert {"python"} == components(found["."]).keys()
    runtime = components(found["asgi-runtime"])
    assert {"func-runtime", "websockets"} <= runtime.keys()
    assert "hashes" in runtime["websockets"]  # our build image has the wheels
    for part in (runtime, components(found["dependencies"]), components(found["."])):
        for component in part.values():
            assert component["purl"].startswith("pkg:")
            assert component["licenses"]


def test_sboms_of_the_launcher(pack: Pack, http_build: Build, tmp_path: Path) -> None:
    """The lifecycle finds the SBOMs of its programs. The image has those of the launcher."""
    download(pack, http_build.image, tmp_path)
    found = tmp_path / "layers/sbom/launch/buildpacksio_lifecycle/launcher"
    modules = components((found / "sbom.cdx.json").read_text())

    assert "Did not find SBOM" not in http_build.log
    assert {"sbom.cdx.json", "sbom.spdx.json", "sbom.syft.json"} == {
        path.name for path in found.iterdir()
    }
    assert {"github.com/buildpacks/lifecycle", "stdlib"} <= modules.keys()
    assert all(module["purl"].startswith("pkg:golang/") for module in modules.values())


def test_sboms_of_a_rebuild(pack: Pack, tmp_path: Path) -> None:
    """A reused layer keeps exactly the same SBOM."""
    app = tmp_path / "app"
    shutil.copytree(prerequisites.EXAMPLES / "http", app)
    first = pack.build(app)
    before = download(pack, first.image, tmp_path / "before")
    source = app / "function" / "func.py"
    source.write_text(source.read_text() + "\n# changed\n")

    second = pack.build(app, image=first.image)

    assert "Reusing the dependencies layer" in second.log
    assert before == download(pack, second.image, tmp_path / "after")
