"""Rebuilds: unchanged parts are reused, changed ones are new, and nothing is lost."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contract import package_index
from image import prerequisites
from image.container import eventually, serving
from image.pack import Build, Image, Pack

# Lines of the build's log (function_buildpack/phases/).
REUSED_DEPENDENCIES = "Reusing the dependencies layer"
REUSED_RUNTIME = "Reusing the runtime layer"
INSTALLED_DEPENDENCIES = "Installed the dependencies"
COPIED_RUNTIME = "Copying the packages that the builder has prepared"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the small HTTP function, to be changed."""
    return shutil.copytree(prerequisites.FUNCTIONS / "http_basic", tmp_path / "function")


@pytest.fixture
def first(pack: Pack, project: Path) -> Build:
    """Return the first build of it."""
    built = pack.build(project)
    assert INSTALLED_DEPENDENCIES in built.log
    assert COPIED_RUNTIME in built.log
    return built


def test_unchanged_source_gives_the_same_image(pack: Pack, project: Path, first: Build) -> None:
    """Without a change, a rebuild and a build without a cache give the same digest."""
    digest = first.image.digest
    again = pack.build(project, image=first.image)
    assert REUSED_DEPENDENCIES in again.log
    assert REUSED_RUNTIME in again.log
    assert again.image.digest == digest

    elsewhere = pack.build(project)
    assert INSTALLED_DEPENDENCIES in elsewhere.log
    assert elsewhere.image.layers == again.image.layers
    assert elsewhere.image.digest == digest


@pytest.mark.row("T16")
def test_changed_source_reuses_the_layers(pack: Pack, project: Path, first: Build) -> None:
    """A change in func.py installs nothing, only changes the application, and is served."""
    before = first.image.layers
    function = project / "function" / "func.py"
    function.write_text(function.read_text().replace('"one"', '"two"'))

    second = pack.build(project, image=first.image)

    assert REUSED_DEPENDENCIES in second.log
    assert REUSED_RUNTIME in second.log
    assert changed(before, second.image.layers) == {"application"}
    with serving(second.image) as container:
        assert container.get("/").text.startswith("two ")


def test_new_dependency_changes_only_its_layer(pack: Pack, project: Path, first: Build) -> None:
    """A new dependency installs the dependencies again. The runtime is reused."""
    before = first.image.layers
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"idna"', '"idna", "sniffio"'))

    second = pack.build(project, image=first.image)

    assert INSTALLED_DEPENDENCIES in second.log
    assert "Package changes: added sniffio 1." in second.log
    assert REUSED_RUNTIME in second.log
    # The application holds pyproject.toml itself, the project's metadata what it requires.
    assert changed(before, second.image.layers) == {"dependencies", "project", "application"}
    with serving(second.image) as container:
        assert container.get("/").status_code == 200


def test_metadata_of_the_project_changes_no_dependency(
    pack: Pack, project: Path, first: Build
) -> None:
    """A new description or tool setting in pyproject.toml does not reinstall dependencies."""
    before = first.image.layers
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text() + '\n[tool.pytest.ini_options]\naddopts = "-q"\n')

    second = pack.build(project, image=first.image)

    assert REUSED_DEPENDENCIES in second.log
    assert changed(before, second.image.layers) == {"application"}


def test_failed_build_leaves_the_image(pack: Pack, project: Path, first: Build) -> None:
    """After a failed rebuild, the earlier image keeps its name, and still answers."""
    digest = first.image.digest
    function = project / "function" / "func.py"
    function.write_text("def new(:\n")

    failed = pack.attempt(project, image=first.image)

    assert failed.status != 0
    assert first.image.digest == digest
    with serving(first.image) as container:
        assert container.get("/").text.startswith("one ")


def test_killed_build_leaves_the_image(pack: Pack, project: Path, first: Build) -> None:
    """A build that is killed while it installs does not change image and cache."""
    digest = first.image.digest
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"idna"', '"idna", "sniffio"'))
    with package_index.failing(0) as silent, ThreadPoolExecutor() as threads:
        options = ("--network", "host", "--env", f"UV_DEFAULT_INDEX={silent}")
        killed = threads.submit(pack.attempt, project, image=first.image, options=options)
        assert eventually(lambda: kill_builds(pack, first.image) or killed.done())

    assert killed.result().status != 0
    assert INSTALLED_DEPENDENCIES not in killed.result().log
    assert first.image.digest == digest
    second = pack.build(project, image=first.image)
    assert INSTALLED_DEPENDENCIES in second.log
    assert REUSED_RUNTIME in second.log
    with serving(second.image) as container:
        assert container.get("/").status_code == 200


def kill_builds(pack: Pack, image: Image) -> bool:
    """Kill the containers of a build while they install. Return whether there were any."""
    builds = [
        container
        for container in pack.client.client.containers.list(filters={"label": "author=pack"})
        if any(image.name in mount.get("Name", "") for mount in container.attrs["Mounts"])
        if b"Installing:" in container.logs()
    ]
    for container in builds:
        container.kill()
    return bool(builds)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Return the names of the layers that differ."""
    return {name for name in before | after if before.get(name) != after.get(name)}
