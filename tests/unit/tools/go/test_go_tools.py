"""The table of the Go tools, and the keys of what is built."""

import dataclasses
import shutil
from pathlib import Path

import pytest

from tools.console import Failure
from tools.go import go_tools
from tools.go.go_tools import Tool

DEFAULT = [
    "pack",
    "lifecycle",
    "func",
    "queue-proxy",
    "old-lifecycle",
    "cpython",
    "kpack",
    "cosign",
]
PARTS = ["kubernetes", "coredns", "serving", "eventing", "tekton"]


@pytest.fixture(scope="module")
def tools() -> dict[str, Tool]:
    """The tools."""
    return go_tools.known()


def test_every_tool_has_its_module(tools: dict[str, Tool]) -> None:
    """The table has exactly the folders with a go.mod."""
    folders = {path.parent.name for path in go_tools.FOLDER.glob("*/go.mod")}

    assert folders == set(tools)
    assert DEFAULT == [tool.name for tool in go_tools.chosen([], tools)]
    assert PARTS == [name for name, tool in tools.items() if not tool.links]


def test_pinned_versions(tools: dict[str, Tool]) -> None:
    """A tool's version and its oldest Go are those of its go.mod."""
    assert "0.40.6" == tools["pack"].version
    assert "1.25.10" == tools["pack"].go
    assert "0.0.0-3.14.6-20260610-1" == tools["cpython"].version


def test_versions_in_the_programs(tools: dict[str, Tool]) -> None:
    """The linker sets the versions that the programs print."""
    assert "-s -w -X knative.dev/func/pkg/version.Vers=v0.48.4" == tools["func"].flags
    assert "-s -w" == tools["queue-proxy"].flags
    component = "k8s.io/component-base/version"
    assert (
        f"-s -w -X {component}.gitVersion=v1.34.2 -X {component}.gitMajor=1"
        f" -X {component}.gitMinor=34"
    ) == tools["kubernetes"].flags


def test_a_tool_that_is_not_there(tools: dict[str, Tool]) -> None:
    """The error lists the existing tools."""
    with pytest.raises(Failure, match="There is no tool 'buildah'") as failed:
        go_tools.chosen(["pack", "buildah"], tools)

    assert "Tools: pack lifecycle func" in str(failed.value)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [(["1.9", "1.24.4", "1.24"], "1.24.4"), (["1.26", "1.25.10"], "1.26"), (["", "1.2"], "1.2")],
)
def test_the_newest_go(versions: list[str], expected: str) -> None:
    """Versions are compared by their numbers."""
    assert expected == go_tools.newest(versions)


@pytest.mark.parametrize(
    ("found", "needed", "enough"),
    [
        ("1.26.6", "1.26", True),
        ("1.26", "1.26.6", False),
        ("1.26rc1", "1.26", True),
        ("", "1", False),
    ],
)
def test_a_go_that_is_new_enough(found: str, needed: str, enough: bool) -> None:
    """A missing Go counts as older than any version."""
    assert enough == (go_tools.parts(found) >= go_tools.parts(needed))


def test_what_decides_a_tool(
    tools: dict[str, Tool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key depends on Go, architecture, flags and the folder's files, but not on its path."""
    before = go_tools.key(tools["pack"], "1.26", "amd64")
    other_flags = dataclasses.replace(tools["pack"], flags="-s")
    changed = {
        go_tools.key(tools["pack"], "1.27", "amd64"),
        go_tools.key(tools["pack"], "1.26", "arm64"),
        go_tools.key(other_flags, "1.26", "amd64"),
    }
    shutil.copytree(go_tools.FOLDER / "pack", tmp_path / "pack")
    monkeypatch.setattr(go_tools, "FOLDER", tmp_path)
    copied = go_tools.key(tools["pack"], "1.26", "amd64")
    (tmp_path / "pack" / "go.sum").write_text("")
    changed.add(go_tools.key(tools["pack"], "1.26", "amd64"))

    assert before == copied
    assert 4 == len(changed - {before})


def test_a_tool_without_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing go.mod, or one that does not pin the module, is an error."""
    monkeypatch.setattr(go_tools, "FOLDER", tmp_path)

    with pytest.raises(Failure, match=r"The tool pack has no go\.mod"):
        go_tools.known()

    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "go.mod").write_text("go 1.26\n")
    with pytest.raises(Failure, match=r"The go\.mod of pack lacks a line"):
        go_tools.known()
