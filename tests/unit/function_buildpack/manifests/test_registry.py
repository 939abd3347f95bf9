"""The manifests of a function, and their precedence."""

from pathlib import Path

import pytest

from function_buildpack.log.errors.source import FileInvalid, FileUnreadable
from function_buildpack.manifests import registry
from function_buildpack.manifests.manifest import Manifest
from function_buildpack.manifests.registry import FORMATS, Format
from unit.function_buildpack.functions import declared

PROJECT = {"pyproject.toml": "[project]\nname = 'x'\ndependencies = []\n"}
LOCKS = {"pylock.toml": "", "poetry.lock": "", "Pipfile.lock": "{}"}


@pytest.mark.parametrize(
    ("files", "chosen", "others"),
    [
        ({}, "", ()),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, "", ()),
        (PROJECT, "pyproject.toml", ()),
        ({"pyproject.toml": "[project]\ndynamic = ['dependencies']\n"}, "pyproject.toml", ()),
        (
            {"pyproject.toml": "[project]\nname = 'x'\n[dependency-groups]\nlint = ['ruff']\n"},
            "pyproject.toml",
            (),
        ),
        (
            {"pyproject.toml": "[project]\n[project.optional-dependencies]\nfast = ['orjson']\n"},
            "pyproject.toml",
            (),
        ),
        ({"pyproject.toml": "[build-system]\n"}, "pyproject.toml", ()),  # Poetry 1, setuptools
        ({"pyproject.toml": "[tool.ruff]\n"}, "", ()),
        ({"requirements.txt": ""}, "requirements.txt", ()),
        ({"requirements.txt": "", **PROJECT}, "requirements.txt", ("pyproject.toml",)),
        (
            {"uv.lock": "", "requirements.txt": "", **PROJECT},
            "uv.lock",
            ("requirements.txt", "pyproject.toml"),
        ),
        ({"uv.lock": ""}, "", ()),  # a lock of nothing
        ({"poetry.lock": ""}, "", ()),
        ({"setup.cfg": "[options]"}, "setup.cfg", ()),
        ({"setup.py": "", "setup.cfg": "[options]"}, "setup.py", ()),
        (
            {"uv.lock": "", **LOCKS, "requirements.txt": "", **PROJECT, "setup.py": ""},
            "uv.lock",
            (
                *("pylock.toml", "poetry.lock", "Pipfile.lock", "requirements.txt"),
                *("pyproject.toml", "setup.py"),
            ),
        ),
    ],
)
def test_order(tmp_path: Path, files: dict[str, str], chosen: str, others: tuple[str, ...]) -> None:
    """A lock comes before a list of versions, that before a list of ranges."""
    found = declared(tmp_path, {"function.py": "", **files})

    assert (chosen, others) == (found.chosen.name, found.others)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda each: each.file)
def test_formats(tmp_path: Path, format_: Format) -> None:
    """Each format that is registered reads a manifest of its file's name."""
    contents = {"Pipfile.lock": "{}", "setup.cfg": "[options]"}
    files = {**PROJECT, format_.file: contents.get(format_.file, "")} | (
        PROJECT if format_.file == "pyproject.toml" else {}
    )

    found = declared(tmp_path, {"function.py": "", **files})

    manifest = next(each for each in found.manifests if each.name == format_.file)
    assert isinstance(manifest, Manifest)
    assert format_.path(found.project) == manifest.path


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("pylock.toml", "[[packages]]\nname = 'idna'\n"),
        ("requirements.txt", "idna --hash=sha256:1\n\n"),
        ("pyproject.toml", "[project]\nname = 'x'\ndependencies = ['idna']\n"),
    ],
)
def test_requirements(tmp_path: Path, file: str, content: str) -> None:
    """A manifest has the requirements in its file, without hashes."""
    found = declared(tmp_path, {"function.py": "", file: content})

    assert ["idna"] == [*found.chosen.requirements(())]


def test_lock_of_the_workspace(tmp_path: Path) -> None:
    """A member of a uv workspace has the workspace's lock, and no other file of it."""
    files = {
        "pyproject.toml": "[tool.uv.workspace]\nmembers = ['mine']\n",
        "uv.lock": "",
        "requirements.txt": "",
        "mine/function.py": "",
        "mine/pyproject.toml": "[project]\nname = 'mine'\n",
    }

    found = declared(tmp_path, files, "mine")

    assert [tmp_path / "uv.lock"] == [each.path for each in found.manifests]


def test_indexes(tmp_path: Path) -> None:
    """The indexes that any of them names are known."""
    pipfile = "[[source]]\nname = 'corp'\nurl = 'https://corp/'\n"
    files = {"function.py": "", "Pipfile": pipfile, "Pipfile.lock": "{}", "requirements.txt": ""}

    assert {"corp": "https://corp/"} == declared(tmp_path, files).indexes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_read_requirements(tmp_path: Path, encoding: str) -> None:
    """Windows' editors and shells write a byte order mark, and uv takes all of these."""
    (tmp_path / "requirements.txt").write_text("a\r\nb # c\n", encoding)

    assert ["a", "b"] == [*declared(tmp_path, {"function.py": ""}).chosen.requirements(())]


@pytest.mark.parametrize(
    ("file", "content", "format_"),
    [
        ("uv.lock", "<<<<<<< HEAD", "TOML"),
        ("poetry.lock", "[", "TOML"),
        ("Pipfile", "packages", "TOML"),
        ("Pipfile.lock", "{", "JSON"),
        ("Pipfile.lock", "\xff", "JSON"),
        ("Pipfile.lock", "[]", "JSON"),
        ("Pipfile.lock", '{"a": ' + "[" * 100_000, "JSON"),
    ],
)
def test_read_invalid(tmp_path: Path, file: str, content: str, format_: str) -> None:
    """A lock that cannot be parsed is an error with its name."""
    files = {"function.py": "", "Pipfile.lock": "{}", **PROJECT, file: content}

    with pytest.raises(FileInvalid) as caught:
        declared(tmp_path, files)

    assert (tmp_path / file, format_) == (caught.value.path, caught.value.format)


@pytest.mark.parametrize("file", ["uv.lock", "Pipfile", "requirements.txt"])
def test_read_folder(tmp_path: Path, file: str) -> None:
    """A folder with the name of a manifest is an error."""
    (tmp_path / file).mkdir()

    with pytest.raises(FileUnreadable) as caught:
        declared(tmp_path, {"function.py": ""})

    assert tmp_path / file == caught.value.path


def test_unread(tmp_path: Path) -> None:
    """Ignored files are reported with the reason."""
    files = {
        "function.py": "",
        "uv.lock": "",
        "poetry.lock": "",
        "Pipfile": "",
        "pdm.lock": "",
        "pylock.prod.toml": "",
        "requirements.txt": "",
        "requirements-dev.txt": "",
        "requirements/prod.txt": "",
    }

    found = declared(tmp_path, files).ignored

    assert [
        *("pdm.lock", "pylock.prod.toml", "uv.lock", "poetry.lock", "Pipfile"),
        "requirements/prod.txt",
    ] == list(found)
    assert "there is no Pipfile.lock, and requirements.txt exists" == found["Pipfile"]
    assert "there is no pyproject.toml" == found["uv.lock"]
    reason = "requirements.txt does not include it (-r requirements/prod.txt)"
    assert reason == found["requirements/prod.txt"]


def test_all_read(tmp_path: Path) -> None:
    """If nothing is ignored, nothing is reported."""
    assert {} == declared(tmp_path, {"function.py": "", **PROJECT, "uv.lock": ""}).ignored


def test_unread_of_other_tools(tmp_path: Path) -> None:
    """Files of other tools are reported, and .tool-versions if it has a Python."""
    files = (
        "Aptfile",
        "Dockerfile",
        "Procfile",
        "conda-lock.yml",
        "environment.yaml",
        "pylock.prod.toml",
    )
    here = {"function.py": "", ".tool-versions": "nodejs 20\n", **dict.fromkeys(files, "")}

    assert {*files} == {*declared(tmp_path / "a", here).ignored}
    assert {} == declared(tmp_path / "a", here).misnamed
    asking = here | {".tool-versions": "python 3.12.4\n"}
    assert {*files, ".tool-versions"} == {*declared(tmp_path / "b", asking).ignored}


@pytest.mark.parametrize(
    ("file", "meant"),
    [
        ("requirement.txt", "requirements.txt"),
        ("Requirements.txt", "requirements.txt"),
        ("pyproject.tom", "pyproject.toml"),
        ("pipfile", "Pipfile"),
        ("func.yml", "func.yaml"),
        ("requirements-dev.txt", None),
        ("requirements.in", None),
        ("func.py", None),
    ],
)
def test_misnamed(tmp_path: Path, file: str, meant: str | None) -> None:
    """A misspelt name is reported if the right file is missing."""
    files = {"function.py": "", file: ""}

    assert ({file: meant} if meant else {}) == declared(tmp_path, files).misnamed
    assert {} == declared(tmp_path, {meant or file: ""}).misnamed


def test_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new format is a module and a line: it is read, and its file is known."""
    made_up = Format("packages.list", "unit.function_buildpack.manifests.made_up")
    monkeypatch.setattr(registry, "FORMATS", (made_up, *FORMATS))

    found = declared(tmp_path / "a", {"function.py": "", **PROJECT, "packages.list": "idna 3.10"})

    assert ("packages.list", ("pyproject.toml",)) == (found.chosen.name, found.others)
    nearly = declared(tmp_path / "b", {"function.py": "", "package.list": ""})
    assert {"package.list": "packages.list"} == nearly.misnamed
