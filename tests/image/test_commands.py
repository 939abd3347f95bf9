"""The commands of the README, with only the project's tools on the PATH."""

import os
import shutil
from pathlib import Path

import pytest

from image import prerequisites
from image.container import serving
from image.pack import Pack


@pytest.mark.row("T8")
@pytest.mark.parametrize("buildpack", ["./buildpack", "."])
def test_pack_build_at_the_root(pack: Pack, buildpack: str) -> None:
    """`pack build myfn --buildpack ./buildpack` needs no other flag at the repository's root."""
    built = pack.command(["--buildpack", buildpack], cwd=prerequisites.ROOT)
    assert built.status == 0, built.log
    with serving(built.image) as container:
        assert container.get("/").json()["message"] == "Hello, World!"


def test_pack_build_in_a_function_s_folder(pack: Pack, tmp_path: Path) -> None:
    """The same works in any function's folder, with a path to the buildpack."""
    project = shutil.copytree(prerequisites.FUNCTIONS / "http_basic", tmp_path / "function")
    buildpack = os.path.relpath(prerequisites.BUILDPACK, project)
    built = pack.command(["--buildpack", buildpack], cwd=project)
    assert built.status == 0, built.log
    with serving(built.image) as container:
        assert container.get("/").status_code == 200


def test_builder_holds_the_buildpack(pack: Pack) -> None:
    """The builder alone builds a function, as func, kpack and Tekton use it."""
    app = str(prerequisites.FUNCTIONS / "handle_without_new")
    options = ["--builder", prerequisites.BUILDER, "--path", app, "--pull-policy", "never"]
    built = pack.command([*options, "--trust-builder"])
    assert built.status == 0, built.log
    with serving(built.image) as container:
        assert container.get("/").text == "no instance"
