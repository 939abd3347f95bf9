"""References to local packages in manifests."""

from pathlib import Path
from typing import Any

import pytest

from function_buildpack.source import local_packages
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.pyproject import Pyproject


def test_requirements() -> None:
    """Each word of a line counts, and the path of the whole line. Comments do not."""
    text = "-e './a b'[more]  # ./c\nname[x] @ file:d#egg=name ; python_version > '3'\n# ./e\n"

    found = local_packages.in_requirements(text)

    assert {"./a", "b", "./a b", "file:d#egg", "file:d#egg=name"} <= found
    assert not {"./c", "./e", ""} & found


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
    """Values of a wrong type, or in another table, are not references."""
    assert set() == local_packages.in_pyproject(Pyproject(pyproject))
    assert set() == Pyproject(pyproject).from_workspace


def test_is_clear() -> None:
    """A reference with an unset variable or a template cannot be read."""
    around = ReferenceResolver(Path("/app"), Path("/app"), {"SET": "x"})

    assert around.is_clear("file://${SET}/${PROJECT_ROOT}")
    assert not around.is_clear("file://${UNSET}/x")
    assert not around.is_clear("{root:uri}/x")
