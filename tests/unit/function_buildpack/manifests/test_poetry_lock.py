"""poetry.lock as requirements. The digests are those of Poetry 2.5 itself."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.manifests import poetry_lock
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.source.settings import Selection

FOLDER = Path("/w")
LINUX = {"sys_platform": "linux", "python_version": "3.13", "python_full_version": "3.13.5"}


def package(name: str = "a", **fields: Any) -> dict[str, Any]:
    """Return an entry of the lock."""
    return {
        "name": name,
        "version": "1.0",
        "groups": ["main"],
        "files": [{"file": "a.whl", "hash": "sha256:1"}, {"file": "a.tar.gz", "hash": "sha256:2"}],
        **fields,
    }


def lines(*packages: dict[str, Any], extras: str = "", groups: str = "") -> list[str]:
    """Return the requirements of a lock with these packages."""
    selection = Selection(frozenset(extras.split()), frozenset(groups.split()))
    return poetry_lock.requirements(
        {"package": list(packages)}, Pyproject(), selection, LINUX, FOLDER
    )


@pytest.mark.parametrize(
    ("pyproject", "digest"),
    [
        (
            """[tool.poetry]
dependencies = { python = "^3.10", idna = "*" }
[tool.poetry.group.dev.dependencies]
six = "*"
""",
            "95e83b1ae53891794e458684821386f1dc1339f1a66f6c981123b99a1b11f559",
        ),
        (
            '[project]\nname="x"\ndependencies=["idna"]\n[dependency-groups]\ndev=["six"]\n',
            "c8ad561e08847bc7ea1a386fa6db22b6bf79b3c5bd33bdf42757538c3bfeb1fc",
        ),
        (
            """[project]
name = "x"
version = "1"
requires-python = ">=3.11"
dependencies = ["idna"]
optional-dependencies = { more = ["six"] }
""",
            "a13d73eefe51cf8e3615d7948a407261a756e2a2d01c4c92c900e321870e8ce5",
        ),
        (
            """[project]
name = "x"
version = "1"
requires-python = ">=3.11"
dependencies = ["idna"]
[tool.poetry.group.dev.dependencies]
six = "*"
""",
            "90b73a0434d5f8942d8784f919faa2096367a9db50cc3eddbeff0fd45dce87d0",
        ),
        (
            '[tool.poetry]\npackage-mode = false\n[dependency-groups]\ndev = ["idna"]\n',
            "466eac90a30f3c2ecdcf0644eb6ac275f8b00c5754b9e174f125b561dcf075aa",
        ),
    ],
    ids=[
        "Poetry's own tables",
        "standard tables",
        "project table",
        "project table and Poetry's groups",
        "dependency groups",
    ],
)
def test_is_current(pyproject: str, digest: str) -> None:
    """The hash is Poetry's, and changes with a requirement."""
    lock = {"metadata": {"content-hash": digest}}

    assert poetry_lock.is_current(lock, Pyproject(tomllib.loads(pyproject)))
    assert not poetry_lock.is_current(
        lock, Pyproject(tomllib.loads(pyproject.replace("idna", "idnb")))
    )


def test_is_current_with_a_date() -> None:
    """Poetry makes no lock of a pyproject.toml with one."""
    pyproject = Pyproject(tomllib.loads("[tool.poetry.dependencies]\nidna = 2026-01-01\n"))

    assert not poetry_lock.is_current({}, pyproject)


def test_is_current_without_groups() -> None:
    """A lock of Poetry 2.0 or 2.1, which left dependency groups out, is still current."""
    table = {"project": {"dependencies": ["idna"]}}
    before = {"metadata": {"content-hash": poetry_lock._content_hash(Pyproject(table), {})}}  # noqa: SLF001

    assert poetry_lock.is_current(
        before, Pyproject(table | {"dependency-groups": {"dev": ["six"]}})
    )


def test_states_groups() -> None:
    """A lock of Poetry 1 has packages without groups."""
    assert poetry_lock.is_readable({})
    assert poetry_lock.is_readable({"package": [package()]})
    assert poetry_lock.is_readable(
        {"package": [{"name": "b"}], "metadata": {"lock-version": "2.0"}}
    )
    assert not poetry_lock.is_readable({"package": [package(), {"name": "b"}]})


def test_names() -> None:
    """Extras and groups have normalized names. main cannot be selected."""
    lock = {
        "extras": {"My_Extra": ["a"]},
        "package": [package(groups=["main", "Dev_Group"]), package(groups=["test"])],
    }

    assert frozenset({"my-extra"}) == poetry_lock.extras(lock)
    assert frozenset({"dev-group", "test"}) == poetry_lock.groups(lock, Pyproject())


def test_main_group() -> None:
    """The main group is taken with all hashes; others only when they are selected."""
    packages = [package(), package("b", groups=["dev"]), package("c", groups=["dev", "main"])]

    pinned = "==1.0 --hash=sha256:1 --hash=sha256:2"
    assert [f"a{pinned}", f"c{pinned}"] == lines(*packages)
    assert [f"a{pinned}", f"b{pinned}", f"c{pinned}"] == lines(*packages, groups="dev")


@pytest.mark.parametrize(
    ("markers", "groups", "extras", "selected", "taken"),
    [
        ('sys_platform == "win32"', ["main"], "", "", False),
        ('sys_platform == "linux"', ["main"], "", "", True),
        ('extra == "math"', ["main"], "", "", False),
        ('extra == "math"', ["main"], "math", "", True),
        ('extra == "math" or extra == "data"', ["main"], "data", "", True),
        ('extra == "math" and sys_platform == "win32"', ["main"], "math", "", False),
        ({"main": 'sys_platform == "win32"'}, ["main", "dev"], "", "", False),
        ({"main": 'sys_platform == "win32"'}, ["main", "dev"], "", "dev", True),
    ],
)
def test_markers(markers: Any, groups: list[str], extras: str, selected: str, taken: bool) -> None:
    """Markers decide, with the selected extras. One may be for a single group."""
    found = lines(package(markers=markers, groups=groups), extras=extras, groups=selected)

    assert taken == bool(found)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            {
                "type": "git",
                "url": "https://h/a.git",
                "reference": "v1",
                "resolved_reference": "f0",
            },
            "a @ git+https://h/a.git@f0",
        ),
        (
            {"type": "git", "url": "https://h/a.git", "resolved_reference": "f0"}
            | {"subdirectory": "p"},
            "a @ git+https://h/a.git@f0#subdirectory=p",
        ),
        ({"type": "url", "url": "https://h/a.whl"}, "a @ https://h/a.whl"),
        ({"type": "file", "url": "a.whl"}, "a @ file:///w/a.whl"),
        ({"type": "directory", "url": "../a"}, "a @ file:///a"),
    ],
)
def test_direct(source: dict[str, str], line: str) -> None:
    """A package that is not from an index has a URL. Paths are relative to the function."""
    assert [line] == lines(package(source=source))


def test_indexes() -> None:
    """An index of the lock becomes an option. PyPI stays if a package is from there."""
    own = {"type": "legacy", "url": "https://mine/simple", "reference": "mine"}

    assert "--index-url https://mine/simple" == lines(package(source=own))[0]
    assert "--extra-index-url https://mine/simple" == lines(package(source=own), package("b"))[0]
