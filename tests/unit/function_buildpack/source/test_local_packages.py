"""How statements of dependencies name what is local."""

from pathlib import Path
from typing import Any

import pytest

from function_buildpack.source import local_packages
from function_buildpack.source.local_packages import Surroundings


def test_requirements() -> None:
    """Each word of a line counts, and what the line names as a whole; comments do not."""
    text = "-e './a b'[more]  # ./c\nname[x] @ file:d#egg=name ; python_version > '3'\n# ./e\n"

    found = local_packages.in_requirements(text)

    assert {"./a", "b", "./a b", "file:d#egg", "file:d#egg=name"} <= found
    assert not {"./c", "./e", ""} & found


@pytest.mark.parametrize(
    ("text", "included"),
    [
        ("-r a.txt\n-c 'b c.txt' # d.txt\n", ["a.txt", "b c.txt"]),
        ("--requirement=a.txt\n--constraint \\\r\n b.txt", ["a.txt", "b.txt"]),
        ("-e a.txt\nrich\n# -r a.txt", []),
    ],
)
def test_included(text: str, included: list[str]) -> None:
    """Files of requirements and of constraints are included."""
    assert included == local_packages.included(text)


@pytest.mark.parametrize(
    "pyproject",
    [
        {"tool": "none"},
        {"tool": {"uv": {"sources": []}, "poetry": 1}},
        {"project": {"dependencies": 1, "optional-dependencies": {"a": [{"b": 1}]}}},
        {"project": {"readme": {"file": "x"}}, "tool": {"hatch": {"path": "x"}}},
    ],
)
def test_pyproject_without(pyproject: dict[str, Any]) -> None:
    """What is of another kind, or in another table, names nothing."""
    assert set() == local_packages.in_pyproject(pyproject)
    assert set() == local_packages.of_workspace(pyproject)


def test_of_workspace() -> None:
    """Packages of the workspace are told apart from those of paths, by marker too."""
    sources = {
        "A.b": {"workspace": True},
        "c": [{"path": "c", "marker": "m"}, {"workspace": True, "marker": "n"}],
        "d": {"path": "d"},
        "e": "none",
    }

    assert {"a-b", "c"} == local_packages.of_workspace({"tool": {"uv": {"sources": sources}}})


_POETRY = {"tool": {"poetry": {"name": "a"}}}
_BACKEND = {"build-system": {"build-backend": "poetry.core.masonry.api"}}


@pytest.mark.parametrize(
    ("pyproject", "computed"),
    [
        ({}, True),
        ({"project": {"name": "a"}}, False),
        ({"project": {"name": "a", "dynamic": ["version"]}}, False),
        ({"project": {"name": "a", "dynamic": ["dependencies"]}}, True),
        ({"project": {"name": "a", "dynamic": ["dependencies"]}, **_POETRY, **_BACKEND}, False),
        (_POETRY, True),
        (_BACKEND, True),
        (_POETRY | _BACKEND, False),
    ],
)
def test_are_computed(pyproject: dict[str, Any], computed: bool) -> None:
    """Dependencies are computed where neither the project's table has them nor Poetry's."""
    assert computed == local_packages.are_computed(pyproject)


def test_is_clear() -> None:
    """What has a variable that is not set, or a template, is not clear."""
    around = Surroundings(Path("/app"), Path("/app"), {"SET": "x"})

    assert around.is_clear("file://${SET}/${PROJECT_ROOT}")
    assert not around.is_clear("file://${UNSET}/x")
    assert not around.is_clear("{root:uri}/x")
