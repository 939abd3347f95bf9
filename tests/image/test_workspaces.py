"""Builds with func's layouts and a project descriptor, with the real pack."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from contract import func_workspaces
from image import prerequisites
from image.container import serving
from image.pack import Build, Pack

# As func has pack do it: its script is a buildpack that runs before ours, and after detect.
_BEFORE = f"""
[[io.buildpacks.pre.group]]
id = "knative.dev/func/python-scaffolding"
[io.buildpacks.pre.group.script]
api = "0.10"
shell = "/bin/bash"
inline = '''
{func_workspaces.MOVE}'''
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of the small HTTP function, to be changed."""
    return shutil.copytree(prerequisites.FUNCTIONS / "http_basic", tmp_path / "function")


@pytest.mark.row("T2", "T3", "T11", "T16")
def test_moved_between_detect_and_build(pack: Pack, project: Path) -> None:
    """func's own buildpack moves the function after detect; a rebuild has its new code."""
    func_workspaces.scaffolded(project)
    env = {"BP_PROCFILE_DEFAULT_PROCESS": "python -m service.main"}

    first = build(pack, project, _BEFORE, env)

    assert first.status == 0, first.log
    with first.image.files("/workspace") as workspace:
        kept = {member.name for member in workspace.getmembers() if member.isfile()}
    assert not {"service", ".func", "Procfile", "README.md"} & {
        Path(name).parts[1] for name in kept
    }
    function = project / "function" / "func.py"
    function.write_text(function.read_text().replace('"one"', '"two"'))
    second = build(pack, project, _BEFORE, env, earlier=first)
    assert "Reusing the dependencies layer" in second.log
    with serving(second.image) as container:
        assert container.get("/").text == "two xn--bcher-kva.example"


@pytest.mark.row("T1", "T3")
def test_scaffolded(pack: Pack, project: Path) -> None:
    """func's files next to the function, with a link to the folder above, are in no image."""
    func_workspaces.scaffolded(project)

    built = pack.build(project)

    with built.image.files("/workspace") as workspace:
        assert not [name for name in workspace.getnames() if ".func" in Path(name).parts]
    with serving(built.image) as container:
        assert container.get("/").status_code == 200


def test_unusual_files(pack: Pack, project: Path) -> None:
    """File names without an encoding or with line ends, and stray links, do not break a build."""
    for name in (b"caf\xe9.txt", b"two\nlines.txt"):
        Path(os.fsdecode(os.fsencode(project) + b"/" + name)).touch()
    for link, target in {"itself": "itself", "out": "/nowhere", "function/around": ".."}.items():
        (project / link).symlink_to(target)

    built = pack.build(project)

    assert "Note: These links are broken, or point outside the source: " in built.log
    with built.image.files("/workspace") as workspace:
        names = {os.fsencode(name) for name in workspace.getnames()}
    assert {b"workspace/caf\xe9.txt", b"workspace/two\nlines.txt", b"workspace/itself"} <= names
    with serving(built.image) as container:
        assert container.get("/").status_code == 200


def test_descriptor_reaches_every_setting(pack: Pack, tmp_path: Path) -> None:
    """project.toml can set the same as --env. The function may be in any folder of the source."""
    shutil.copytree(prerequisites.EXAMPLES / "http", tmp_path / "apps" / "one")
    env = {
        "BP_FUNCTION_PATH": "apps/one",
        "BP_FUNCTION_CHECK": "import",
        "BP_IMAGE_LABELS": "team=a",
        "BPE_GREETING": "Hi",
    }
    written = "".join(
        f'[[io.buildpacks.build.env]]\nname = "{name}"\nvalue = "{value}"\n'
        for name, value in env.items()
    )

    built = build(pack, tmp_path, written)

    assert built.status == 0, built.log
    assert built.image.labels["team"] == "a"
    with serving(built.image) as container:
        assert container.get("/").json()["message"] == "Hi"


@pytest.mark.row("T7")
def test_another_user_of_the_build(pack: Pack, project: Path) -> None:
    """pack's --uid and --gid choose the build's user. `nobody` has no home folder."""
    command = ["--path", str(project), "--builder", prerequisites.builder(pack.client)]
    built = pack.command(
        [*command, "--pull-policy", "never", "--trust-builder", "--uid", "65534", "--gid", "65534"]
    )

    assert built.status == 0, built.log
    with serving(built.image, user="12345:0", read_only=True) as container:
        assert container.get("/").status_code == 200


def build(
    pack: Pack,
    app: Path,
    descriptor: str,
    env: Mapping[str, str] | None = None,
    earlier: Build | None = None,
) -> Build:
    """Build with only the builder, like func, and with a project descriptor."""
    written = app.parent / "project.toml"
    written.write_text('[_]\nschema-version = "0.2"\n' + descriptor)
    return pack.command(
        [
            *("--path", str(app), "--descriptor", str(written)),
            *("--builder", prerequisites.builder(pack.client), "--pull-policy", "never"),
            "--trust-builder",
            *(word for name, value in (env or {}).items() for word in ("--env", f"{name}={value}")),
        ],
        image=earlier.image if earlier else None,
    )
