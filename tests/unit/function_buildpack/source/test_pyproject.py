"""pyproject.toml: the meaning of its tables, and its cache."""

from pathlib import Path
from typing import Any

import pytest

from function_buildpack.source.pyproject import Pyproject


def test_of_workspace() -> None:
    """Packages of the workspace are found among sources, also with markers."""
    sources = {
        "A.b": {"workspace": True},
        "c": [{"path": "c", "marker": "m"}, {"workspace": True, "marker": "n"}],
        "d": {"path": "d"},
        "e": "none",
    }

    assert {"a-b", "c"} == Pyproject({"tool": {"uv": {"sources": sources}}}).from_workspace


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
def test_is_computed(pyproject: dict[str, Any], computed: bool) -> None:
    """Dependencies are computed where neither the project's table has them nor Poetry's."""
    assert computed == Pyproject(pyproject).is_computed


def test_read_once(tmp_path: Path) -> None:
    """A file is read once, and again when it has changed."""
    path = tmp_path / "pyproject.toml"
    assert Pyproject() == Pyproject.read(path)
    path.write_text("[project]\nname = 'A_b'\n")
    first = Pyproject.read(path)

    assert first is Pyproject.read(path)
    assert "a-b" == first.name
    path.write_text("[project]\nname = 'other'\n")
    assert "other" == Pyproject.read(path).name


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_read_with_a_byte_order_mark(tmp_path: Path, mark: str) -> None:
    """Editors on Windows may write a byte order mark."""
    path = tmp_path / "pyproject.toml"
    path.write_text(f"{mark}[project]\nname = 'a'\n", encoding="utf-8")

    assert "a" == Pyproject.read(path).name
