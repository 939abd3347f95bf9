"""The layer of the function's own project: its build, its archive, its files."""

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.cnb.layers import Layer, Layers
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.own_project import own_project_layer, static_metadata
from function_buildpack.layers.own_project.own_project_layer import Metadata, SourceChanges
from function_buildpack.source import project, workspace
from function_buildpack.source.project import Project
from function_buildpack.system import interpreter

METADATA = Metadata("", "", "", "", "")
INFO = "mine-1.dist-info"


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def below(folder: Path) -> set[str]:
    """Return the files and links below a folder."""
    found = {path for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
    return {str(path.relative_to(folder)) for path in found}


def function(app: Path, files: dict[str, str], path: str = "") -> Project:
    """Write a function into an application folder and read it."""
    write(app / path, {"function/__init__.py": "", **files})
    return project.read(workspace.locate(app, path))


def described(app: Path, table: str, files: dict[str, str]) -> dict[str, Any]:
    """Return the project table that the build writes for uv."""
    pyproject = f'[project]\nname = "mine"\nversion = "1"\n{table}'
    found = function(app, {"pyproject.toml": pyproject, **files}, "fn")
    folder = static_metadata.describe(found, app, app.with_name("place"))
    assert folder == app.with_name("place") / "source" / "fn"
    for name in files:
        assert (app / "fn" / name).read_bytes() == (folder / name).read_bytes()
    made: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return made


@pytest.mark.parametrize(
    ("table", "files", "expected"),
    [
        ('readme = "docs/it.md"', {"docs/it.md": "It"}, {"readme": "docs/it.md"}),
        ('readme = "README.md"', {}, {}),  # a source may come without it
        ('readme = { file = "../README.md" }', {}, {}),
        ('readme = { text = "It" }', {}, {"readme": {"text": "It"}}),
        ('license = "MIT"', {}, {"license": "MIT", "license-files": []}),
        (
            'license = "MIT"',
            {"LICENSE": "", "NOTICE.txt": ""},
            {"license": "MIT", "license-files": ["LICENSE", "NOTICE.txt"]},
        ),
        (
            'license = "MIT"\nlicense-files = ["legal/*", "gone*"]',
            {"legal/one": "1"},
            {"license": "MIT", "license-files": ["legal/one"]},
        ),
        ('license = { file = "LICENSE" }', {"LICENSE": "It"}, {"license": {"file": "LICENSE"}}),
        ('license = { file = "LICENSE" }', {}, {}),
        ("license-files = 1", {"COPYING": ""}, {"license-files": 1}),  # uv says what is wrong
    ],
)
def test_describe(
    table: str, files: dict[str, str], expected: dict[str, Any], tmp_path: Path
) -> None:
    """The description and the licenses are with the metadata, as far as they are there."""
    found = described(tmp_path / "app", table, files)

    assert {"name": "mine", "version": "1"} | expected == found


def test_copy(tmp_path: Path) -> None:
    """A build uses a copy of the whole source, with links for .git and large files."""
    app = tmp_path / "app"
    found = function(app, {"setup.cfg": "[options]\n"}, "fn")
    write(app, {".git/HEAD": "x", "fn/sub/.git": "gitdir: ..", "data/small": "1"})
    (app / "link").symlink_to("data")
    with (app / "data" / "large").open("wb") as file:
        file.truncate(own_project_layer.LARGE + 1)
    os.mkfifo(app / "pipe")

    folder = own_project_layer.copy(found, app, tmp_path)

    made = tmp_path / "source"
    assert made / "fn" == folder
    assert below(app) - {".git/HEAD"} | {".git", "fn/pyproject.toml"} == below(made)
    links = {name: (made / name).readlink() for name in below(made) if (made / name).is_symlink()}
    assert {
        ".git": app / ".git",
        "fn/sub/.git": app / "fn/sub/.git",
        "data/large": app / "data/large",
        "link": Path("data"),
    } == links


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A work folder after uv's installation, next to an application."""
    own = interpreter.current().path
    write(
        tmp_path / "place",
        {
            "packages/.lock": "",
            "packages/bin/own": f"#!{own}\nprint()\n",
            "packages/bin/shell": "#!/bin/sh\n",
            "packages/function/__init__.py": "",
            "packages/function/made.py": "made",
            "packages/function/changed.py": "new",
            "packages/single.py": "",
            "packages/other/__init__.py": "",
            f"packages/{INFO}/METADATA": "Metadata-Version: 2.1\nName: mine\nVersion: 1\n",
            f"packages/{INFO}/RECORD": f"bin/own,sha256=x,1\nbin/shell,,\nfunction/__init__.py,,\n"
            f"function/made.py,,\nfunction/changed.py,,\nother/__init__.py,,\nsingle.py,,\n"
            f"{INFO}/METADATA,,\n{INFO}/RECORD,,\n",
            "source/x": "",
        },
    )
    write(
        tmp_path / "app",
        {
            "bin/own": "the user's",
            "function/__init__.py": "",
            "function/changed.py": "old",
            "function/func.py": "",
            "single.py": "",
            "more.py": "",
        },
    )
    (tmp_path / "place/packages/bin/own").chmod(0o775)
    own_project_layer.sort(
        tmp_path / "place", tmp_path / "app", interpreter.current(), Path("/layers/python")
    )
    return tmp_path / "place"


def test_sort(place: Path) -> None:
    """Files of the source are not archived. New files in its packages are separate."""
    assert {
        *("application/function/changed.py", "application/function/made.py"),
        *("packages/bin/own", "packages/bin/shell", "packages/other/__init__.py"),
        *(f"packages/{INFO}/METADATA", f"packages/{INFO}/RECORD"),
    } == below(place)
    assert "#!/layers/python\nprint()\n" == (place / "packages/bin/own").read_text()
    assert "#!/bin/sh\n" == (place / "packages/bin/shell").read_text()
    record = (place / f"packages/{INFO}/RECORD").read_text().splitlines()
    assert record[0].startswith("bin/own,sha256=")
    assert record[0].endswith(",25")


def filled(place: Path, whole: tuple[str, ...] = ()) -> tuple[Layer, SourceChanges]:
    """Fill a layer, and the application, from the archive of a workplace."""
    layers = Layers(place.with_name("layers"))
    archives, layer = Archives.restored(layers), layers.fresh("project", METADATA)
    archives.store(layer, place)
    return layer, own_project_layer.fill(layer, archives, place.with_name("app"), whole)


def test_fill(place: Path) -> None:
    """The layer has links to the source, and the source has new and changed files."""
    app = place.with_name("app")

    layer, laid = filled(place)

    assert (
        SourceChanges(new=[app / "function/made.py"], changed=[app / "function/changed.py"]) == laid
    )
    assert "new" == (app / "function/changed.py").read_text()
    packages = layer.path / "packages"
    links = {path.name: path.readlink() for path in packages.iterdir() if path.is_symlink()}
    assert {"function": app / "function", "single.py": app / "single.py"} == links
    assert {"bin/own", "bin/shell", "other/__init__.py"} < below(packages)
    assert ["packages"] == [path.name for path in layer.path.iterdir()]
    assert 0o755 == (packages / "bin/own").stat().st_mode & 0o777


def test_fill_again(place: Path) -> None:
    """Files that are the same in the source are not reported."""
    filled(place)

    _, laid = filled(place)

    assert SourceChanges() == laid


def test_fill_whole(place: Path) -> None:
    """For packages that are not in the RECORD, all files of the source are listed."""
    write(place.with_name("app"), {"function/__pycache__/x.pyc": "", "function/deep/data": ""})

    layer, _ = filled(place, ("function", "more.py"))

    record = (layer.path / f"packages/{INFO}/RECORD").read_text().splitlines()
    names = ["__init__.py", "changed.py", "func.py", "made.py", "deep/data"]
    assert [*(f"function/{name},," for name in names), "more.py,,"] == record[-6:]
    assert (layer.path / "packages/more.py").is_symlink()


def test_fill_refused(place: Path) -> None:
    """Files that cannot be written are reported: another user may own the folder."""
    app = place.with_name("app")
    not_even_root_may = Path("/sys/kernel")
    write(place, {"application/function/data/x": "", "application/single.py": "new"})
    (app / "function" / "data").symlink_to(not_even_root_may)

    _, laid = filled(place)

    assert [app / "function/data/x"] == laid.refused
    assert [app / "function/changed.py", app / "single.py"] == laid.changed


def test_remove_older(tmp_path: Path) -> None:
    """Old metadata of the project are removed from the source, those of others are not."""
    write(
        tmp_path,
        {"My_Orders.egg-info/PKG-INFO": "", "other.egg-info/PKG-INFO": "", "my_orders.txt": ""},
    )
    (tmp_path / "my_orders-1.0.egg-info").touch()

    removed = own_project_layer.remove_older(tmp_path, "my-orders")

    assert ["My_Orders.egg-info", "my_orders-1.0.egg-info"] == [path.name for path in removed]
    assert {"other.egg-info/PKG-INFO", "my_orders.txt"} == below(tmp_path)


def test_workplace(tmp_path: Path) -> None:
    """A build gets a folder, always with the same name, which is deleted after it."""
    layer = Layer(tmp_path / "project", METADATA)
    write(tmp_path, {".project/left": ""})

    with own_project_layer.workplace(layer) as place:
        assert [] == [*place.iterdir()]
        assert tmp_path / ".project" == place

    assert not place.exists()
