"""Reading a function: facts, and errors that name file and line."""

from pathlib import Path

import pytest

from function_buildpack import project, workspace
from function_buildpack.errors import FieldInvalid, FileInvalid, PackageMissing, SyntaxInvalid
from function_buildpack.project import Project


def read(folder: Path, files: dict[str, str]) -> Project:
    """Write a function and read it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("latin-1"))
    return project.read(workspace.locate(folder))


def test_read(tmp_path: Path) -> None:
    """A function is its package, its files and what it imports."""
    files = {
        "function/__init__.py": "from .func import new",
        "function/func.py": "import json, cloudevents.http\nfrom a.b import c\nfrom . import d",
        "function/deep/er.py": "import yaml",
        "pyproject.toml": "[project]\nname = 'x'\n",
        "uv.lock": "",
        "requirements.txt": "",
    }

    found = read(tmp_path, files)

    assert tmp_path / "function" == found.package
    assert {"json", "cloudevents.http", "a.b", "yaml"} == found.imports
    assert {"project": {"name": "x"}} == found.pyproject
    assert (True, True, True) == (found.is_locked, found.has_pyproject, found.has_requirements)
    assert tmp_path / "uv.lock" == found.lock_path
    assert tmp_path / "requirements.txt" == found.requirements_path


def test_read_module(tmp_path: Path) -> None:
    """One file is enough of a function."""
    found = read(tmp_path, {"function.py": "import os"})

    assert tmp_path / "function.py" == found.package
    assert frozenset({"os"}) == found.imports
    assert {} == found.pyproject


def test_read_package_missing(tmp_path: Path) -> None:
    """Without `function` the error lists what is there instead."""
    with pytest.raises(PackageMissing) as caught:
        read(tmp_path, {"func.yaml": "", "handler/func.py": ""})

    assert ("func.yaml", "handler") == caught.value.entries


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        ("x = 1\ndef new(:\n", 2, "invalid syntax"),
        ("def new():\nreturn 1\n", 2, "expected an indented block"),
        ("x = '\xff'\n", 0, "utf-8"),
        ("x = 1\0\n", 0, "null bytes"),
    ],
)
def test_read_syntax_invalid(tmp_path: Path, content: str, line: int, problem: str) -> None:
    """A source that does not parse is named with the line."""
    with pytest.raises(SyntaxInvalid) as caught:
        read(tmp_path, {"function/__init__.py": "", "function/func.py": content})

    assert tmp_path / "function/func.py" == caught.value.path
    assert problem in caught.value.problem
    if line:
        assert line == caught.value.line


def test_read_odd_escape_is_quiet(tmp_path: Path) -> None:
    """What Python only warns of is no matter of the build."""
    read(tmp_path, {"function.py": r"x = '\d'"})


@pytest.mark.parametrize("content", ["[project\nname = 1", "name = \xff"])
def test_read_toml_invalid(tmp_path: Path, content: str) -> None:
    """A pyproject.toml that cannot be parsed is named with what is wrong."""
    with pytest.raises(FileInvalid) as caught:
        read(tmp_path, {"function.py": "", "pyproject.toml": content})

    assert (tmp_path / "pyproject.toml", "TOML") == (caught.value.path, caught.value.format)


@pytest.mark.parametrize(
    ("content", "field"),
    [("project = 3", "project"), ("[project]\nrequires-python = 3.11", "project.requires-python")],
)
def test_read_toml_field_invalid(tmp_path: Path, content: str, field: str) -> None:
    """A field of another kind is named."""
    with pytest.raises(FieldInvalid) as caught:
        read(tmp_path, {"function.py": "", "pyproject.toml": content})

    assert field == caught.value.field


def test_sources_follows_no_links(tmp_path: Path) -> None:
    """func leaves a link to the folder above; following it would never end."""
    package = tmp_path / "function"
    package.mkdir()
    (package / "a.py").write_text("")
    (package / "f").symlink_to("..")

    assert [package / "a.py"] == list(project.sources(package))
