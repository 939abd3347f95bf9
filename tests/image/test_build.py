"""The image of a function: dependencies in all forms, labels, variables."""

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from image import prerequisites
from image.container import serving
from image.pack import Pack

# Lines of the build's log (function_buildpack/phases/).
SOURCE = "Dependencies from: {}"
NO_SOURCE = "No dependencies declared"
NOT_INSTALLED = "Ignored: {}"
SDK_1 = 'so the build installs "cloudevents<2"'
LEFT_OUT = "Not in the image: "


def lock(project: Path) -> None:
    """Write uv.lock, with the uv of the development environment."""
    uv = Path(sysconfig.get_path("scripts"), "uv")
    subprocess.run([uv, "lock", "--quiet"], cwd=project, check=True, timeout=120)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the small HTTP function, to be changed."""
    return shutil.copytree(prerequisites.FUNCTIONS / "http_basic", tmp_path / "function")


def test_pyproject_states_the_dependencies(pack: Pack, project: Path) -> None:
    """The packages in project.dependencies can be imported."""
    built = pack.build(project)
    assert SOURCE.format("pyproject.toml") in built.log
    with serving(built.image) as container:
        assert container.get("/").text == "one xn--bcher-kva.example"


def test_requirements_txt_states_the_dependencies(pack: Pack, project: Path) -> None:
    """A function without pyproject.toml has its dependencies in requirements.txt."""
    (project / "pyproject.toml").unlink()
    (project / "requirements.txt").write_text("idna\n")
    built = pack.build(project)
    assert SOURCE.format("requirements.txt") in built.log
    with serving(built.image) as container:
        assert container.get("/").text == "one xn--bcher-kva.example"


def test_lock_decides_the_versions(pack: Pack, project: Path) -> None:
    """Exactly the packages in uv.lock are installed. Other files are ignored."""
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"idna"', '"idna<3.8"'))
    (project / "requirements.txt").write_text("idna==3.4\n")
    lock(project)
    (locked,) = re.findall(r'name = "idna"\nversion = "(.+)"', (project / "uv.lock").read_text())
    function = project / "function" / "func.py"
    function.write_text(function.read_text().replace('"one"', "idna.__version__"))

    built = pack.build(project)

    assert SOURCE.format("uv.lock") in built.log
    assert NOT_INSTALLED.format("requirements.txt") in built.log
    with serving(built.image) as container:
        assert container.get("/").text == f"{locked} xn--bcher-kva.example"


def test_outdated_lock_is_refused(pack: Pack, project: Path) -> None:
    """A lock that does not match pyproject.toml is an error."""
    lock(project)
    pyproject = project / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace('"idna"', '"idna", "sniffio"'))

    failed = pack.attempt(project)

    assert failed.status != 0
    assert "ERROR: uv.lock does not match pyproject.toml" in failed.log
    assert "uv lock" in failed.log


def test_handle_without_new_is_a_function(pack: Pack) -> None:
    """A package with only handle, without func.yaml and dependencies, is served."""
    built = pack.build(prerequisites.FUNCTIONS / "handle_without_new")
    assert NO_SOURCE in built.log
    with serving(built.image) as container:
        assert container.get("/").text == "no instance"


def test_function_for_sdk_1_gets_sdk_1(pack: Pack) -> None:
    """A function that imports SDK 1 and pins nothing, like func's template, gets SDK 1."""
    built = pack.build(prerequisites.FUNCTIONS / "cloudevents_sdk1")
    assert SDK_1 in built.log
    headers = {"Ce-Specversion": "1.0", "Ce-Type": "t", "Ce-Source": "s", "Ce-Id": "5"}
    with serving(built.image) as container:
        response = container.post("/", headers=headers, json={"message": "x"})
    assert response.status_code == 200
    reply = response.json()
    assert (reply["type"], reply["id"]) == ("com.example.sdk1", "re-5")
    assert reply["data"] == {"message": "x"}


def test_labels_say_what_was_asked_for(pack: Pack, project: Path) -> None:
    """BP_IMAGE_LABELS become labels, quoted values included, with those of func.yaml."""
    labels = 'middleware-version=0.8.1 org.opencontainers.image.revision=abc io.x="a b"'
    image = pack.build(project, env={"BP_IMAGE_LABELS": labels}).image
    expected = {
        "middleware-version": "0.8.1",
        "org.opencontainers.image.revision": "abc",
        "io.x": "a b",
        "org.opencontainers.image.title": "http-basic",
    }
    assert image.labels | expected == image.labels


def test_build_sets_variables_of_the_image(pack: Pack) -> None:
    """BPE_ sets a variable, BPE_DEFAULT_ a default. Other variables are not in the image."""
    env = {
        "BPE_GREETING": "Set by the build",
        "BPE_DEFAULT_LISTEN_ADDRESS": "[::]:9126",
        "UNRELATED_SECRET": "hunter2",
    }
    image = pack.build(prerequisites.EXAMPLES / "http", env=env).image
    with serving(image, port=9126, env={"GREETING": "from run"}) as container:
        assert container.get("/").json()["message"] == "Set by the build"
    with serving(image, port=9127, env={"LISTEN_ADDRESS": "[::]:9127"}) as container:
        assert container.get("/").status_code == 200
    with serving(image, port=9128, env={"PORT": "9128"}) as container:
        assert container.get("/").status_code == 200
    with image.files("/layers") as layers:
        read = [layers.extractfile(member) for member in layers.getmembers() if member.isfile()]
        assert not any(b"hunter2" in content.read() for content in read if content)


def test_leftovers_stay_out_of_the_image(pack: Pack, project: Path) -> None:
    """Files of git, func (a loop of links) and tools in a folder are not in the image."""
    for name in (".git/config", ".func/build/service/main.py", "venv/pyvenv.cfg", ".tox/x"):
        path = project / name
        path.parent.mkdir(parents=True)
        path.write_text("")
    (project / ".func" / "build" / "f").symlink_to("../..")

    built = pack.build(project)

    assert LEFT_OUT in built.log
    with built.image.files("/workspace") as workspace:
        kept = {Path(name).parts[1] for name in workspace.getnames() if name != "workspace"}
    assert kept == {"func.yaml", "function", "pyproject.toml"}


def test_files_that_only_their_owner_may_read_are_served(pack: Pack, project: Path) -> None:
    """The image's user can read files that were created with a strict umask."""
    for path in project.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    with serving(pack.build(project).image, user="12345:0") as container:
        assert container.get("/").status_code == 200


def test_function_in_another_folder_of_the_source(pack: Pack, tmp_path: Path) -> None:
    """BP_FUNCTION_PATH names the function's folder in a source of several."""
    shutil.copytree(prerequisites.FUNCTIONS / "http_basic", tmp_path / "functions" / "one")
    built = pack.build(tmp_path, env={"BP_FUNCTION_PATH": "functions/one"})
    with serving(built.image) as container:
        assert container.get("/").status_code == 200
