"""func.yaml: unknown fields are ignored, invalid ones are errors."""

import time
from pathlib import Path

import pytest

import slow_yaml
from function_buildpack.log.errors.source import FieldInvalid, FileInvalid
from function_buildpack.source import func_yaml
from function_buildpack.source.func_yaml import FuncYaml


def read(tmp_path: Path, content: str) -> FuncYaml:
    """Write a func.yaml and read it."""
    path = tmp_path / "func.yaml"
    path.write_bytes(content.encode("latin-1"))
    return func_yaml.read(path)


def test_read(tmp_path: Path) -> None:
    """The fields that decide something are read, all others are ignored."""
    content = """
specVersion: 0.36.0
name: mine
runtime: python
invoke: cloudevent
created: 2026-01-01T00:00:00Z
unknown: [1, 2]
deploy:
  healthEndpoints:
    liveness: /live
    readiness: /ready
"""

    assert FuncYaml("mine", "python", "cloudevent", "/live", "/ready") == read(tmp_path, content)


@pytest.mark.parametrize("content", ["", "# nothing\n", "deploy:\n", "name: null\n"])
def test_read_empty(tmp_path: Path, content: str) -> None:
    """An empty file, or an empty field, has no value."""
    assert FuncYaml() == read(tmp_path, content)


def test_read_missing(tmp_path: Path) -> None:
    """func.yaml is optional."""
    assert FuncYaml() == func_yaml.read(tmp_path / "func.yaml")


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("name: x\n  bad: indent\n", "line 2"),
        ("name: [1,\n", "line 2"),
        ("name: '\x01'", "special characters are not allowed"),
        ("name: x\nb: \xff", "not in UTF-8: byte 0xff (at line 2)"),
        ("created: 2026-13-45", "month must be in 1..12"),
        ("name: !!int ''", "out of range"),
    ],
)
def test_read_invalid(tmp_path: Path, content: str, where: str) -> None:
    """The error names the file and the line."""
    with pytest.raises(FileInvalid) as caught:
        read(tmp_path, content)

    assert "func.yaml" == caught.value.path.name
    assert where in caught.value.problem


def test_read_too_deep(tmp_path: Path) -> None:
    """The parser follows so many brackets and no more."""
    with pytest.raises(FileInvalid) as caught:
        read(tmp_path, f"name: {'[' * 3000}")

    assert "it is nested too deeply" == caught.value.problem


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("- a list\n", "the document"),
        ("name: 3\n", "name"),
        ("deploy: text\n", "deploy"),
        ("deploy:\n  healthEndpoints:\n    liveness: [1]\n", "deploy.healthEndpoints.liveness"),
    ],
)
def test_read_field_invalid(tmp_path: Path, content: str, field: str) -> None:
    """A field of a wrong type is an error with its path."""
    with pytest.raises(FieldInvalid) as caught:
        read(tmp_path, content)

    assert field == caught.value.field


@slow_yaml.with_each
def test_what_takes_long(tmp_path: Path, content: str, problem: str) -> None:
    """A file that would take long to read is rejected at once."""
    (tmp_path / "func.yaml").write_text(content)
    began = time.monotonic()

    with pytest.raises(FileInvalid) as caught:
        func_yaml.read(tmp_path / "func.yaml")

    assert problem in caught.value.problem
    assert time.monotonic() - began < slow_yaml.BOUND


def test_aliases(tmp_path: Path) -> None:
    """An alias has the value of its anchor."""
    (tmp_path / "func.yaml").write_text("x: &x cloudevent\ninvoke: *x\n")

    assert "cloudevent" == func_yaml.read(tmp_path / "func.yaml").invoke
