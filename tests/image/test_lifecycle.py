"""Builds without pack: the lifecycle's programs, as Tekton runs them, with the registry."""

import shutil
from pathlib import Path

import pytest

from contract import func_workspaces
from image import prerequisites
from image.container import serving
from image.lifecycle import pipeline
from image.pack import Image, Pack

# On a cluster, LISTEN_ADDRESS is not set, and labels have no space between them.
ENV = {
    "BP_IMAGE_LABELS": "team=amiddleware-version=0.8.1 org.opencontainers.image.revision=0123abc",
    "BPE_GREETING": "Hi",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A function as func prepares it for a build on a cluster."""
    project = shutil.copytree(prerequisites.FUNCTIONS / "http_basic", tmp_path / "function")
    func_workspaces.moved_on_a_cluster(project)
    return project


@pytest.mark.row("T5", "T6", "T7", "T10")
@pytest.mark.parametrize(
    ("subpath", "user", "group"), [("sub", 1001, 0), ("", 65534, 65534)], ids=["func", "nobody"]
)
def test_creator(pack: Pack, project: Path, subpath: str, user: int, group: int) -> None:
    """The creator builds for any user, in any folder, and the image runs like any other.

    The lifecycle itself asks for a user that the build image knows; nobody has no home there.
    """
    with pipeline(pack, subpath, user, group) as build:
        build.prepare(project, ENV)
        first = build.create()

        assert first.status == 0, first.log
        image = build.pull()
        assert image.labels["middleware-version"] == "0.8.1"
        assert image.labels["team"] == "a"
        before = image.layers

        check_serving(image)
        function = project / "fn" / "function" / "func.py"
        function.write_text(function.read_text().replace('"one"', '"two"'))
        build.prepare(project, ENV)
        second = build.create()

        assert second.status == 0, second.log
        assert "Reusing the dependencies layer" in second.log
        assert "Reusing the runtime layer" in second.log
        after = build.pull().layers
        assert {name for name in after if after[name] != before[name]} == {"application"}
        with serving(image) as container:
            assert container.get("/").text.startswith("two ")


@pytest.mark.row("T8", "T10")
def test_single_phases(pack: Pack, project: Path) -> None:
    """Each phase may run in a separate container, as with untrusted builders."""
    digests = []
    with pipeline(pack, "sub", 1001, 0) as build:
        for _ in range(2):
            build.prepare(project)
            for step in build.phases():
                assert step.status == 0, step.log
            digests.append(build.pull().digest)
            check_serving(build.image)

    assert digests[0] == digests[1]


@pytest.mark.parametrize("room", ["100k", "500k", "3m", "7m"])
def test_full_disk(pack: Pack, project: Path, room: str) -> None:
    """If the disk is full, while uv or the build writes, the error says so. There is no image."""
    with pipeline(pack, "sub", 1001, 0, room) as build:
        build.prepare(project)

        step = build.create()

    assert step.status != 0
    assert "ERROR: The disk is full\n" in step.log
    assert "No space left on device" in step.log
    assert "EXPORTING" not in step.log


def check_serving(image: Image) -> None:
    """Check that the image serves as a user who neither built it nor is named in it."""
    with serving(image, user="12345:0", read_only=True) as container:
        assert container.get("/").text == "one xn--bcher-kva.example"
        assert container.stop() == 0
