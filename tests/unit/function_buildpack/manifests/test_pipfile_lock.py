"""Pipfile.lock as requirements. The digest is that of Pipenv 2026.10 itself."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.manifests import pipfile_lock
from function_buildpack.source.settings import Selection

FIXTURE = Path(__file__).parents[3] / "fixtures" / "manifests" / "pipenv"


def lines(sections: dict[str, Any], groups: str = "", sources: tuple[str, ...] = ()) -> list[str]:
    """Return the requirements of a lock with these sections."""
    meta = {"sources": [{"name": "x", "url": url} for url in sources]}
    selection = Selection(frozenset(), frozenset(groups.split()))
    return pipfile_lock.requirements({"_meta": meta, **sections}, selection, Path("/w"))


def test_is_current() -> None:
    """The hash is Pipenv's, and changes with a requirement of any section."""
    pipfile = (FIXTURE / "Pipfile").read_text()
    lock = json.loads((FIXTURE / "Pipfile.lock").read_text())

    assert pipfile_lock.is_current(lock, tomllib.loads(pipfile))
    assert pipfile_lock.is_current(lock, tomllib.loads(pipfile + '[scripts]\nrun = "x"\n'))
    for name in ("idna", "iniconfig", "six"):
        assert not pipfile_lock.is_current(lock, tomllib.loads(pipfile.replace(name, "other")))


def test_is_current_with_its_own_index() -> None:
    """The hash changes with an index and with the required Python; the digest is plette's."""
    pipfile = """[[source]]
name = "mine"
url = "https://mine/simple"
verify_ssl = true
[packages]
idna = "*"
[requires]
python_version = "3.13"
"""
    digest = "c44432349c8ba386e656149e9a546cc9f9297810a45c17a4527510c2343a4a70"
    lock = {"_meta": {"hash": {"sha256": digest}}}

    assert pipfile_lock.is_current(lock, tomllib.loads(pipfile))
    for part in ("mine", "3.13"):
        assert not pipfile_lock.is_current(lock, tomllib.loads(pipfile.replace(part, "4")))


def test_is_current_with_a_date() -> None:
    """Pipenv makes no lock of a Pipfile with one."""
    assert not pipfile_lock.is_current({}, tomllib.loads("[packages]\nidna = 2026-01-01\n"))


def test_groups() -> None:
    """Every category but the default one can be selected."""
    lock: dict[str, Any] = {"_meta": {}, "default": {}, "develop": {}, "My_Group": {}}

    assert frozenset({"develop", "my-group"}) == pipfile_lock.groups(lock)


def test_sections() -> None:
    """The default section is taken, others when they are selected; a package is taken once."""
    sections = {"default": {"a": {"version": "==1"}}, "x": {"a": {"version": "==1"}, "b": {}}}

    assert ["a==1"] == lines(sections)
    assert ["a==1", "b"] == lines(sections, "x")


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (
            {"version": "==1", "hashes": ["sha256:1"], "markers": "python_version >= '3'"},
            "a==1 ; python_version >= '3' --hash=sha256:1",
        ),
        ({"version": "*", "markers": "os_name == 'nt'"}, "a ; os_name == 'nt'"),
        ({"version": "==1.*"}, "a==1.*"),
        ({"git": "https://h/a.git", "ref": "f0"}, "a @ git+https://h/a.git@f0"),
        (
            {"git": "https://h/a.git", "ref": "f0", "subdirectory": "p", "markers": "x"},
            "a @ git+https://h/a.git@f0#subdirectory=p ; x",
        ),
        ({"path": "./libs/a", "editable": True}, "a @ file:///w/libs/a"),
        ({"path": "./libs/a", "markers": "x"}, "a @ file:///w/libs/a ; x"),
        ({"file": "https://h/a.whl"}, "a @ https://h/a.whl"),
    ],
)
def test_line(entry: dict[str, Any], line: str) -> None:
    """Versions, repositories, folders and URLs, each with its marker."""
    assert [line] == lines({"default": {"a": entry}})


def test_indexes() -> None:
    """The lock's indexes become options."""
    assert ["--index-url https://mine/simple"] == lines({}, sources=("https://mine/simple",))
