"""poetry.lock of Poetry 1: needed packages, found from pyproject.toml."""

from typing import Any

import pytest

from function_buildpack.manifests import poetry1_lock
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.source.settings import Selection

LINUX = {"sys_platform": "linux", "python_version": "3.13", "python_full_version": "3.13.5"}


def package(name: str, version: str = "1.0", **dependencies: Any) -> dict[str, Any]:
    """Return an entry of the lock."""
    found = {"name": name, "version": version}
    return {**found, "dependencies": dependencies} if dependencies else found


def wanted(
    packages: list[dict[str, Any]], table: dict[str, Any], selection: Selection | None = None
) -> list[str]:
    """Return the needed packages, as name==version."""
    found = poetry1_lock.wanted(
        {"package": packages},
        Pyproject({"tool": {"poetry": table}}),
        selection or Selection(),
        LINUX,
    )
    return [f"{item['name']}=={item['version']}" for item in found]


def test_dependencies_of_dependencies() -> None:
    """Dependencies of dependencies are needed once, also in circles. Others are not."""
    packages = [
        package("a", B_b="^1"),
        package("b-b", c=">=1", a="*"),
        package("c"),
        package("unneeded", c="*"),
    ]

    found = wanted(packages, {"dependencies": {"python": "^3.11", "A": "1.0"}})

    assert ["a==1.0", "b-b==1.0", "c==1.0"] == found


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"version": "*", "markers": "sys_platform == 'linux'"}, ["a==1.0"]),
        ({"version": "*", "markers": "sys_platform == 'win32'"}, []),
        ({"version": "*", "platform": "linux"}, ["a==1.0"]),
        ({"version": "*", "platform": "win32"}, []),
        ({"version": "*", "python": "^3.12"}, ["a==1.0"]),
        ({"version": "*", "python": "<3.12 || >=4"}, []),
        ({"git": "https://example.org/a.git"}, ["a==1.0"]),
        ([{"version": "1", "python": "<3.12"}, {"version": "1", "python": ">=3.12"}], ["a==1.0"]),
    ],
)
def test_markers(declared: Any, found: list[str]) -> None:
    """Packages for another platform or Python are not needed."""
    assert found == wanted([package("a")], {"dependencies": {"a": declared}})


def test_versions() -> None:
    """Of several versions of a package, the one that matches is needed."""
    packages = [package("a", "1.5"), package("a", "2.5")]
    declared = [{"version": "^1.0", "python": "<3.12"}, {"version": "^2.0", "python": ">=3.12"}]

    assert ["a==2.5"] == wanted(packages, {"dependencies": {"a": declared}})
    assert ["a==1.5"] == wanted(packages, {"dependencies": {"a": "^1.0"}})


def test_versions_of_which_one_starts_like_another() -> None:
    """A version alone is exact."""
    packages = [package("a", "1.5"), package("a", "1.5.1")]
    declared = [{"version": "1.5", "python": "3.13"}, {"version": "1.5.1", "python": "<3.13"}]

    assert ["a==1.5"] == wanted(packages, {"dependencies": {"a": declared}})


def test_versions_without_a_constraint() -> None:
    """Of several versions of a package from a repository, any is needed."""
    packages = [package("a", "1.5"), package("a", "2.5")]

    found = wanted(packages, {"dependencies": {"a": {"git": "https://example.org/a.git"}}})

    assert ["a==1.5", "a==2.5"] == found


def test_package_that_is_not_locked() -> None:
    """Poetry does not lock a package that no platform needs."""
    assert [] == wanted([package("b")], {"dependencies": {"a": "*"}})


def test_extras_of_dependencies() -> None:
    """An extra of a dependency adds packages, in any order."""
    packages = [
        package("a", b={"version": "*", "optional": True, "markers": 'extra == "more"'}),
        package("b"),
        package("c", a={"version": "*", "extras": ["More"]}),
    ]

    assert ["a==1.0"] == wanted(packages, {"dependencies": {"a": "*"}})
    assert ["a==1.0", "b==1.0", "c==1.0"] == wanted(
        packages, {"dependencies": {"c": "*", "a": "*"}}
    )
    assert ["a==1.0", "b==1.0", "c==1.0"] == wanted(
        packages, {"dependencies": {"a": "*", "c": "*"}}
    )


def test_extras_in_a_circle() -> None:
    """Extras are added up, also if packages with extras depend on each other."""
    more = {"version": "*", "optional": True}
    packages = [
        package(
            "a",
            b={**more, "markers": 'extra == "x"'},
            c={**more, "markers": 'extra == "y"'},
        ),
        package("b", a={"version": "*", "extras": ["y"]}),
        package("c", a={"version": "*", "extras": ["x"]}),
    ]

    found = wanted(packages, {"dependencies": {"a": {"version": "*", "extras": ["x"]}}})

    assert ["a==1.0", "b==1.0", "c==1.0"] == found


def test_extras_of_a_package_that_requires_itself() -> None:
    """Extras that require each other are added up once."""
    packages = [
        package(
            "a",
            a=[
                {"version": "*", "extras": ["y"], "markers": 'extra == "x"'},
                {"version": "*", "extras": ["x"], "markers": 'extra == "y"'},
            ],
        )
    ]

    found = wanted(packages, {"dependencies": {"a": {"version": "*", "extras": ["x"]}}})

    assert ["a==1.0"] == found


def test_group_with_a_marker() -> None:
    """A group may be all that is declared, and its packages may have markers."""
    declared = {"version": "*", "markers": "sys_platform == 'linux'"}
    table = {"group": {"prod": {"dependencies": {"a": declared}}}}

    assert ["a==1.0"] == wanted([package("a")], table, Selection(groups=frozenset({"prod"})))


def test_selection() -> None:
    """Optional dependencies and groups are needed if they are selected."""
    packages = [package("a"), package("b"), package("c")]
    table = {
        "dependencies": {"a": {"version": "*", "optional": True}},
        "extras": {"Math": ["A"]},
        "group": {"Data_Group": {"dependencies": {"b": "*"}}, "empty": {}},
        "dev-dependencies": {"c": "*"},
    }
    pyproject = Pyproject({"tool": {"poetry": table}})

    assert [] == wanted(packages, table)
    assert ["a==1.0"] == wanted(packages, table, Selection(extras=frozenset({"math"})))
    assert ["b==1.0", "c==1.0"] == wanted(
        packages, table, Selection(groups=frozenset({"data-group", "dev", "empty"}))
    )
    assert {"data-group", "empty", "dev"} == poetry1_lock.groups(pyproject)
