"""Reading a function: facts, and errors that name file and line."""

from pathlib import Path

import pytest

from function_buildpack.log.errors.source import FieldInvalid, FileInvalid, PackageMissing
from function_buildpack.source import project, python_files, workspace
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject


def read(folder: Path, files: dict[str, str]) -> Project:
    """Write a function and read it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("latin-1"))
    return project.read(workspace.locate(folder))


def test_read(tmp_path: Path) -> None:
    """A function is its package, its files and its imports."""
    files = {
        "function/__init__.py": "from .func import new",
        "function/func.py": "import json, cloudevents.http\nfrom a.b import c\nfrom . import d",
        "function/deep/er.py": "import yaml",
        "pyproject.toml": "[project]\nname = 'x'\n",
    }

    found = read(tmp_path, files)

    assert tmp_path / "function" == found.package
    assert {"json", "cloudevents.http", "a.b", "yaml"} == found.imports
    assert Pyproject({"project": {"name": "x"}}) == found.pyproject
    assert found.has_pyproject


def test_read_module(tmp_path: Path) -> None:
    """One file is enough of a function."""
    found = read(tmp_path, {"function.py": "import os"})

    assert tmp_path / "function.py" == found.package
    assert frozenset({"os"}) == found.imports
    assert Pyproject() == found.pyproject


def test_read_package_missing(tmp_path: Path) -> None:
    """Without `function`, the error lists the existing files."""
    with pytest.raises(PackageMissing) as caught:
        read(tmp_path, {"func.yaml": "", "handler/func.py": ""})

    assert ("func.yaml", "handler/") == caught.value.entries


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
    """A syntax error is reported with the line."""
    files = {"function/__init__.py": "import os", "function/func.py": content}

    found = read(tmp_path, files)

    assert found.broken
    assert tmp_path / "function/func.py" == found.broken.path
    assert problem in found.broken.problem
    if line:
        assert line == found.broken.line
    assert {"os"} == found.imports


def test_read_odd_escape_is_quiet(tmp_path: Path) -> None:
    """Warnings of the compiler are ignored."""
    read(tmp_path, {"function.py": r"x = '\d'"})


@pytest.mark.parametrize("content", ["[project\nname = 1", "name = \xff"])
def test_read_toml_invalid(tmp_path: Path, content: str) -> None:
    """An invalid pyproject.toml is an error with the parser's message."""
    with pytest.raises(FileInvalid) as caught:
        read(tmp_path, {"function.py": "", "pyproject.toml": content})

    assert (tmp_path / "pyproject.toml", "TOML") == (caught.value.path, caught.value.format)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("project = 3", "project"),
        ("[project]\nrequires-python = 3.11", "project.requires-python"),
        ("[project]\ndependencies = 3", "project.dependencies"),
        ("[project]\ndependencies = ['six', 3]", "project.dependencies[1]"),
        ("[project]\ndependencies = ['six', {include-group='a'}]", "project.dependencies[1]"),
        ("[project]\ndynamic = 3", "project.dynamic"),
        ("[project]\noptional-dependencies = 3", "project.optional-dependencies"),
        ("[project.optional-dependencies]\na = 3", "project.optional-dependencies.a"),
        ("build-system = 3", "build-system"),
        ("[build-system]\nbuild-backend = 3", "build-system.build-backend"),
        ("dependency-groups = 3", "dependency-groups"),
        ("[dependency-groups]\ndev = 'six'", "dependency-groups.dev"),
        ("tool = 3", "tool"),
        ("[tool]\nuv = 3", "tool.uv"),
        ("[tool.uv]\ndev-dependencies = 3", "tool.uv.dev-dependencies"),
        ("[tool.uv]\nsources = []", "tool.uv.sources"),
        ("[tool.uv]\nworkspace = 3", "tool.uv.workspace"),
        ("[tool.uv.workspace]\nmembers = [3]", "tool.uv.workspace.members[0]"),
        ("[tool]\npoetry = 3", "tool.poetry"),
        ("[tool.poetry]\ndependencies = 3", "tool.poetry.dependencies"),
        ("[tool.poetry]\ngroup = 3", "tool.poetry.group"),
    ],
)
def test_read_toml_field_invalid(tmp_path: Path, content: str, field: str) -> None:
    """A field of a wrong type is an error with its name."""
    with pytest.raises(FieldInvalid) as caught:
        read(tmp_path, {"function.py": "", "pyproject.toml": content})

    assert field == caught.value.field


def test_sources_follows_no_links(tmp_path: Path) -> None:
    """func leaves a link to the folder above; following it would never end."""
    package = tmp_path / "function"
    package.mkdir()
    (package / "a.py").write_text("")
    (package / "f").symlink_to("..")

    assert [package / "a.py"] == list(python_files.sources(package))


@pytest.mark.parametrize(
    ("file", "before", "repeated", "problem"),
    [
        ("pyproject.toml", "a = ", "[", "nested too deeply"),
        ("pyproject.toml", "a = ", "9", "Exceeds the limit"),
        ("pyproject.toml", "a = 0x", "f", "a number is too large"),
    ],
)
def test_read_beyond_limits(
    tmp_path: Path, file: str, before: str, repeated: str, problem: str
) -> None:
    """A file that exceeds a parser's limits is invalid, too."""
    with pytest.raises(FileInvalid) as caught:
        read(tmp_path, {"function.py": "", file: before + repeated * 100_000})

    assert problem in caught.value.problem


def test_read_deep_keys(tmp_path: Path) -> None:
    """Tables within tables may be no deeper than anybody writes."""
    with pytest.raises(FileInvalid) as caught:
        read(tmp_path, {"function.py": "", "pyproject.toml": f"[tool.uv{'.a' * 5000}]\n"})

    assert "nested too deeply" in caught.value.problem


@pytest.mark.parametrize(
    ("files", "setup"),
    [
        ({}, ""),
        ({"setup.py": "", "setup.cfg": "[options]"}, "setup.py"),
        ({"setup.cfg": "[options]\ninstall_requires = a"}, "setup.cfg"),
        ({"setup.cfg": "[flake8]\nmax-line-length = 100"}, ""),
        ({"setup.cfg": "no section"}, "setup.cfg"),
    ],
)
def test_read_setup(tmp_path: Path, files: dict[str, str], setup: str) -> None:
    """setup.cfg counts if it has options of setuptools, not only of a linter."""
    assert setup == read(tmp_path, {"function.py": "", **files}).setup


@pytest.mark.parametrize(
    ("members", "is_member"),
    [
        ('members = ["services/*"]', True),
        ('members = ["libs/*", "services/one"]', True),
        ('members = ["."]', False),
        ('members = ["./**/one", "/absolute"]', True),
        ('members = ["libs/*"]', False),
        ('members = ["services/*"]\nexclude = ["services/one"]', False),
    ],
)
def test_read_workspace(tmp_path: Path, members: str, is_member: bool) -> None:
    """A member of a uv workspace has the workspace's root."""
    root = f"[tool.uv.workspace]\n{members}\n"
    folder = tmp_path / "services" / "one"
    folder.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(root)

    found = read(folder, {"function.py": "", "pyproject.toml": "[project]"})

    assert (tmp_path if is_member else None) == found.workspace_root


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        ("3.12\n", "3.12"),
        ("# the team's\n\n  3.12.4  \r\n3.11\n", "3.12.4"),
        ("\xff\xfe3\0.\x001\x002\0\r\0\n\0", "3.12"),  # as Windows' PowerShell writes it
        ("\n# nothing\n", ""),
    ],
)
def test_read_python_version(tmp_path: Path, content: str, asked: str) -> None:
    """The first line of .python-version counts, without blank lines and comments."""
    assert asked == read(tmp_path, {"function.py": "", ".python-version": content}).python_version


@pytest.mark.parametrize(
    ("content", "asked"),
    [("python-3.12.4\r\n", "python-3.12.4"), ("what runs here\n", ""), ("", "")],
)
def test_read_runtime_txt(tmp_path: Path, content: str, asked: str) -> None:
    """Heroku's older file is read; another file of that name is the function's own."""
    assert asked == read(tmp_path, {"function.py": "", "runtime.txt": content}).runtime_txt


def test_read_python_version_of_workspace(tmp_path: Path) -> None:
    """A member of a uv workspace has its root's, unless it has its own."""
    root = {
        "pyproject.toml": "[tool.uv.workspace]\nmembers = ['mine']\n",
        ".python-version": "3.12",
    }
    member = {"mine/function.py": "", "mine/pyproject.toml": "[project]\nname = 'mine'\n"}
    for name, content in (root | member).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)

    assert "3.12" == project.read(workspace.locate(tmp_path, "mine")).python_version
    assert "3.11" == read(tmp_path / "mine", {".python-version": "3.11"}).python_version
