"""Which Python a function gets."""

import platform
from pathlib import Path
from typing import Any

import pytest

from function_buildpack.layers.python import python_versions
from function_buildpack.layers.python.python_versions import SERVED, PythonRequests
from function_buildpack.log.errors.python import (
    PythonConflict,
    PythonEnded,
    PythonForeign,
    PythonInvalid,
    PythonUnknown,
)
from function_buildpack.log.errors.source import FieldInvalid
from function_buildpack.manifests.manifest import Manifest
from function_buildpack.manifests.pipfile_lock import PipfileLock
from function_buildpack.manifests.pylock import Pylock
from function_buildpack.manifests.pyproject_toml import PyprojectToml
from function_buildpack.manifests.uv_lock import UvLock
from function_buildpack.source.settings import Settings
from unit.function_buildpack.functions import of_facts

FOLDER = Path("/workspace")
AVAILABLE = ("3.16.0a2", "3.15.2", "3.14.10", "3.14.9", "3.13.18", "3.12.16", "3.11.16", "3.9.25")


def wanted(
    requires: str = "",
    settings: Settings | None = None,
    manifest: type[Manifest] = PyprojectToml,
    content: dict[str, Any] | None = None,
    **facts: Any,
) -> PythonRequests:
    """Return the requests of a function with these facts."""
    if requires:
        facts["pyproject"] = {"project": {"requires-python": requires}}
    made = manifest(of_facts(**facts), content or {})
    return python_versions.requests_of(made, settings or Settings())


def asked(text: str) -> PythonRequests:
    """Ask for a version by the setting."""
    return wanted(settings=Settings(python_version=text))


@pytest.mark.parametrize(
    ("settings", "file", "requires", "said"),
    [
        (Settings("", python_version="3.14", uv_python="3.12"), "3.11", "", "BP_PYTHON_VERSION"),
        (Settings("", uv_python="3.12"), "3.11", ">=3.11", "UV_PYTHON"),
        (Settings(), "3.11", ">=3.11", ".python-version"),
        (Settings(), "", ">=3.11", "requires-python of pyproject.toml"),
    ],
)
def test_order(settings: Settings, file: str, requires: str, said: str) -> None:
    """The order is: the setting, uv's setting, .python-version, requires-python."""
    found = wanted(requires, settings, python_version=file)

    assert said == found.all[0].where
    assert str(found).startswith(f"{said} requests 3.") or str(found).endswith("requests >=3.11")


def test_order_of_heroku() -> None:
    """Heroku's older file is the last that names a version."""
    alone = wanted(runtime_txt="python-3.12.4")
    both = wanted(runtime_txt="python-3.12.4", python_version="3.11")

    assert "runtime.txt requests python-3.12.4" == str(alone)
    assert alone.allows("3.12.4")
    assert not alone.allows("3.12.5")
    assert [".python-version"] == [item.where for item in both.all]


def of_poetry(python: Any) -> PythonRequests:
    """Return the requests of a Poetry project."""
    return wanted(pyproject={"tool": {"poetry": {"dependencies": {"python": python}}}})


def test_required_by_poetry() -> None:
    """The request in Poetry's table counts, with all its alternatives."""
    assert of_poetry("^3.12").allows("3.13.5")
    assert not of_poetry("^3.14").allows("3.13.5")
    assert of_poetry("~3.11 || ~3.13").allows("3.13.5")
    assert not of_poetry("~3.11 || ~3.12").allows("3.13.5")
    said = "tool.poetry.dependencies.python of pyproject.toml requests ^3.12"
    assert said == str(of_poetry("^3.12"))


@pytest.mark.parametrize("python", ["latest", 3, {"version": "^3.12"}])
def test_required_by_poetry_invalid(python: Any) -> None:
    """An invalid constraint is an error with its field."""
    with pytest.raises(FieldInvalid) as caught:
        of_poetry(python)

    assert "tool.poetry.dependencies.python" == caught.value.field


def test_order_is_all() -> None:
    """Later requests are not parsed: a setting helps if a file is invalid."""
    found = wanted(settings=Settings(python_version="3.13"), python_version="pypy3.10")

    assert ["BP_PYTHON_VERSION"] == [item.where for item in found.all]


def test_nothing_asked() -> None:
    """Without a request, any Python matches."""
    assert wanted().allows("3.13.5")
    assert "" == str(wanted())


@pytest.mark.parametrize(
    ("text", "allowed", "excluded"),
    [
        ("3", "3.13.5", "2.7.18"),
        ("3.13", "3.13.5", "3.12.16"),
        ("3.13.5", "3.13.5", "3.13.6"),
        ("3.13.*", "3.13.5", "3.12.16"),
        (" 3.13 ", "3.13.5", "3.1.3"),
        ("313", "3.13.5", "3.1.3"),
        ("cp313", "3.13.5", "3.12.16"),
        ("cpython@3.13", "3.13.5", "3.12.16"),
        ("cpython-3.13", "3.13.5", "3.12.16"),
        ("cpython3.13", "3.13.5", "3.12.16"),
        ("CPython-3.13.5-linux-x86_64-gnu", "3.13.5", "3.13.6"),
        ("python-3.13.5", "3.13.5", "3.13.6"),
        (">=3.12,<3.14", "3.13.5", "3.14.9"),
        ("cpython>=3.13", "3.13.5", "3.12.16"),
        ("~=3.13.2", "3.13.5", "3.14.9"),
    ],
)
def test_requested(text: str, allowed: str, excluded: str) -> None:
    """A version is accepted in each form that uv and pyenv write."""
    assert asked(text).allows(allowed)
    assert not asked(text).allows(excluded)


@pytest.mark.parametrize("text", ["latest", "3.x", "three", "system", "v3.12", "3.12.1.1", ">=x"])
def test_requested_invalid(text: str) -> None:
    """An invalid version is an error with the supported versions."""
    with pytest.raises(PythonInvalid) as caught:
        asked(text)

    assert ("BP_PYTHON_VERSION", text) == (caught.value.where, caught.value.found)
    assert "3.13" in caught.value.known


@pytest.mark.parametrize(
    "text",
    [
        *("pypy", "pypy3.10", "pypy@3.10", "pypy3.10-7.3.15", "pp310", "graalpy-24.0.0"),
        *("miniconda3-4.7.12", "anaconda3-2023.09", "miniforge3-24.1", "jython-2.7.3"),
        *("3.13t", "3.13+freethreaded", "3.13.1d", "cpython-3.13+debug"),
    ],
)
def test_requested_foreign(text: str) -> None:
    """Another implementation, or another build of CPython, is an error."""
    with pytest.raises(PythonForeign):
        asked(text)


@pytest.mark.parametrize("requires", ["three", 3])
def test_requires_python_invalid(requires: Any) -> None:
    """An invalid requires-python is an error with its field."""
    with pytest.raises(FieldInvalid) as caught:
        wanted(requires)

    assert "project.requires-python" == caught.value.field


@pytest.mark.parametrize(
    ("manifest", "content", "where"),
    [
        (UvLock, {"requires-python": "<3.13"}, "requires-python of uv.lock"),
        (Pylock, {"requires-python": "<3.13"}, "requires-python of pylock.toml"),
        (PipfileLock, {"_meta": {"requires": {"python_version": "3.12"}}}, "Pipfile.lock"),
        (PipfileLock, {"_meta": {"requires": {"python_full_version": "3.12.2"}}}, "Pipfile.lock"),
    ],
)
def test_required_by_lock(manifest: type[Manifest], content: dict[str, Any], where: str) -> None:
    """The requires-python of the lock counts, too."""
    found = wanted(manifest=manifest, content=content)

    assert where == found.all[0].where
    assert not found.allows("3.13.5")


@pytest.mark.parametrize("lock", [{}, {"_meta": []}, {"_meta": {"requires": 3}}])
def test_not_required_by_lock(lock: dict[str, Any]) -> None:
    """A Pipfile.lock may have no version."""
    assert () == wanted(manifest=PipfileLock, content=lock).all


@pytest.mark.parametrize(
    ("requests", "chosen"),
    [
        (asked("3.14"), "3.14.10"),  # not 3.14.9, whose text is greater
        (asked("3.14.9"), "3.14.9"),
        (asked("3.12"), "3.12.16"),
        (wanted(">=3.11,<3.13"), "3.12.16"),
        (wanted(">=3.14"), "3.15.2"),  # no preview, and nothing that the runtime does not serve
        (wanted(">=3.14,<3.15", Settings(python_version="3")), "3.14.10"),
    ],
)
def test_newest(requests: PythonRequests, chosen: str) -> None:
    """The newest version that matches all requests is chosen."""
    assert chosen == python_versions.newest(requests, AVAILABLE)


@pytest.mark.parametrize(
    ("requests", "version"),
    [
        (asked("3.10"), "3.10"),
        (asked("3.9.25"), "3.9"),
        (asked("2"), "2.7"),
        (wanted("<3.11"), "3.10"),
        (wanted(">=3.8", Settings(python_version="3.8")), "3.8"),
    ],
)
def test_newest_ended(requests: PythonRequests, version: str) -> None:
    """The error for an ended version has the month and the supported versions."""
    with pytest.raises(PythonEnded) as caught:
        python_versions.newest(requests, AVAILABLE)

    assert version == caught.value.version
    assert requests.all[0].text in caught.value.request


@pytest.mark.parametrize(
    "requests", [asked("3.99"), asked("4"), asked("3.12.99"), asked("3.16"), wanted(">=3.16")]
)
def test_newest_unknown(requests: PythonRequests) -> None:
    """The error for an unknown version has the newest version of each minor one."""
    with pytest.raises(PythonUnknown) as caught:
        python_versions.newest(requests, AVAILABLE)

    assert ("3.11.16", "3.12.16", "3.13.18", "3.14.10", "3.15.2") == caught.value.known


@pytest.mark.parametrize(
    ("requests", "other"),
    [
        (wanted(">=3.14", Settings(python_version="3.12")), ">=3.14"),
        (wanted("<3.15,>=3.12", python_version="3.15"), "<3.15,>=3.12"),
        (
            wanted(
                ">=3.11",
                Settings(uv_python="3.12"),
                manifest=Pylock,
                content={"requires-python": ">=3.14"},
            ),
            ">=3.14",
        ),
    ],
)
def test_newest_conflict(requests: PythonRequests, other: str) -> None:
    """The error for a conflict has both requests."""
    with pytest.raises(PythonConflict) as caught:
        python_versions.newest(requests, AVAILABLE)

    assert caught.value.request == str(requests)
    assert caught.value.other.endswith(f"requests {other}")


@pytest.mark.parametrize(
    ("version", "today", "month"),
    [
        ("3.11.16", "2026-11-23", ""),
        ("3.11.16", "2027-10-31", ""),
        ("3.11.16", "2027-11-01", "2027-10"),
        ("3.99.0", "2027-11-01", ""),
    ],
)
def test_ended(version: str, today: str, month: str) -> None:
    """A version has ended when its last month is over."""
    assert month == python_versions.ended(version, today)


@pytest.mark.parametrize(
    ("requests", "pinned"),
    [
        (asked("3.13.2"), True),
        (asked("3.13"), False),
        (asked("3.12.2"), False),
        (asked(">=3.14"), False),
        (wanted(), False),
    ],
)
def test_is_pinned(requests: PythonRequests, *, pinned: bool) -> None:
    """A request that differs from the run image only in the patch version is recognized."""
    assert pinned == python_versions.is_pinned(requests, "3.13.5")


@pytest.mark.parametrize(
    ("files", "versions"),
    [
        ([], ()),
        (["a-1-py3-none-any.whl"], SERVED),
        (["a-1-cp39-abi3-linux_HERE.whl"], SERVED),
        (["a-1-cp312-cp312-linux_HERE.whl", "a-1-cp314-cp314-linux_HERE.whl"], ("3.12", "3.14")),
        (["a-1-cp312-cp312-manylinux_2_17_HERE.manylinux2014_HERE.whl"], ("3.12",)),
        (["a-1%2Bcu1-cp312-cp312-linux_HERE.whl"], ("3.12",)),
        (["a-1-cp39-cp39-linux_HERE.whl", "a-1-cp312-cp312-win_amd64.whl"], ()),
    ],
)
def test_with_wheels(files: list[str], versions: tuple[str, ...]) -> None:
    """The names of wheels decide for which Pythons of this machine they are."""
    here = [name.replace("HERE", platform.machine()) for name in files]

    assert versions == python_versions.with_wheels(here)


def test_allows_minor() -> None:
    """A minor version is allowed if some patch of it is."""
    requests = asked(">=3.12.3")

    assert [False, True, True] == [requests.allows_minor(item) for item in ("3.11", "3.12", "3.13")]
