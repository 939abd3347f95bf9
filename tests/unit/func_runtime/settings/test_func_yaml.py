"""func.yaml, as the runtime reads it on a host."""

import sys
import time
from pathlib import Path

import pytest

import slow_yaml
from func_runtime.errors import FieldInvalid, FileInvalid, YamlReaderMissing
from func_runtime.settings import func_yaml
from func_runtime.settings.func_yaml import FuncYaml


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of the file."""
    return tmp_path / "func.yaml"


@pytest.mark.parametrize("content", [None, "", "# nothing\n", "name: mine\n", "deploy:\n"])
def test_nothing_declared(path: Path, content: str | None) -> None:
    """Every field is optional, and so is the file."""
    if content is not None:
        path.write_text(content)

    assert FuncYaml() == func_yaml.read(path)


def test_declared(path: Path) -> None:
    """Invocation and health paths are read; other fields are ignored."""
    path.write_text(
        "created: 2026-01-01T00:00:00Z\ninvoke: cloudevent\nunknown: [1]\n"
        "deploy:\n  healthEndpoints:\n    liveness: /live\n    readiness: /ready\n"
    )

    assert FuncYaml("cloudevent", "/live", "/ready") == func_yaml.read(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"a: [\n", "(at line 2, column 1)"),
        (b"\xff\xfe\xff", "codec can't decode"),
        (b"a: \x00", "special characters"),
    ],
)
def test_no_yaml(path: Path, content: bytes, problem: str) -> None:
    """The error for invalid YAML has the file, and the line if the parser knows it."""
    path.write_bytes(content)

    with pytest.raises(FileInvalid) as caught:
        func_yaml.read(path)

    assert problem in caught.value.problem


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("- a\n", "the document"),
        ("invoke: [http]\n", "invoke"),
        ("deploy: yes\n", "deploy"),
        ("deploy: {healthEndpoints: {liveness: 1}}\n", "deploy.healthEndpoints.liveness"),
    ],
)
def test_field_of_another_kind(path: Path, content: str, field: str) -> None:
    """The error for a wrong type has the field."""
    path.write_text(content)

    with pytest.raises(FieldInvalid) as caught:
        func_yaml.read(path)

    assert field == caught.value.field


def test_without_a_reader(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyYAML, the file is not ignored, because it may declare an invocation."""
    path.write_text("invoke: cloudevent\n")
    monkeypatch.setitem(sys.modules, "yaml", None)

    with pytest.raises(YamlReaderMissing):
        func_yaml.read(path)


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
