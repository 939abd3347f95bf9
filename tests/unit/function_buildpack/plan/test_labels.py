"""The image's labels, from facts about the function."""

from pathlib import Path
from typing import Any

import pytest

from function_buildpack.plan import labels
from function_buildpack.source.func_yaml import FuncYaml
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.system.git import Checkout

FOLDER = Path("/workspace")


def of(table: dict[str, Any], **facts: Any) -> dict[str, str]:
    """Return the labels of a function with this project table, by their last part."""
    project = Project(
        folder=FOLDER,
        package=FOLDER / "function",
        func_yaml_path=FOLDER / "func.yaml",
        func_yaml=facts.pop("func_yaml", FuncYaml()),
        pyproject=Pyproject({"project": table}),
        **facts,
    )
    return {
        key.removeprefix("org.opencontainers.image."): value
        for key, value in labels.of(project).items()
    }


def test_of() -> None:
    """All that pyproject.toml knows has the OCI image specification's names."""
    table = {
        "name": "function",
        "version": "1.2",
        "description": "Counts",
        "license": "mit OR apache-2.0",
        "authors": [{"name": "A", "email": "a@example.com"}, {"name": "B"}, {"email": "c@d"}, {}],
        "urls": {
            "Home Page": "https://example.com",
            "Docs": "https://example.com/docs",
            "Source Code": "https://me:secret@example.com/code",
        },
    }

    assert {
        "title": "function",
        "version": "1.2",
        "description": "Counts",
        "licenses": "MIT OR Apache-2.0",
        "authors": "A <a@example.com>, B, c@d",
        "url": "https://example.com",
        "documentation": "https://example.com/docs",
        "source": "https://example.com/code",
    } == of(table)


def test_of_checkout() -> None:
    """git has the revision, and the source if pyproject.toml has none."""
    checkout = Checkout("0" * 40, "https://example.com/a.git")
    declared = {"urls": {"repository": "https://example.com/a"}}

    assert {"revision": "0" * 40, "source": checkout.remote} == of({}, checkout=checkout)
    assert "https://example.com/a" == of(declared, checkout=checkout)["source"]


def test_of_func_yaml() -> None:
    """The name that the function is deployed with is its title."""
    assert {"title": "mine"} == of({"name": "function"}, func_yaml=FuncYaml(name="mine"))


@pytest.mark.parametrize(
    ("declared", "licenses"),
    [
        ({"text": "MIT License"}, {"licenses": "MIT"}),
        ({"file": "LICENSE"}, {}),
        ("Ours", {}),
    ],
)
def test_of_license(declared: object, licenses: dict[str, str]) -> None:
    """A license is an SPDX expression or no label."""
    assert licenses == of({"license": declared})


def test_of_nonsense() -> None:
    """Fields of a wrong type do not become labels."""
    table = {"name": 1, "description": "", "authors": "me", "urls": ["x"], "license": ["MIT"]}

    assert {} == of(table)
    assert {} == of({"authors": ["me"], "urls": {"source": 1, "homepage": "file:///home/me"}})
