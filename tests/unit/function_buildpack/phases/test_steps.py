"""Log lines that no build of a test can cause."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from function_buildpack.cnb.context import BuildContext, Target
from function_buildpack.cnb.layers import Layer, Layers
from function_buildpack.image.bytecode import Compiled
from function_buildpack.layers import isolation
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.build_context import Build, Buildpack
from function_buildpack.log import phrases
from function_buildpack.log.errors.source import SyntaxInvalid
from function_buildpack.phases import application_step, source_step
from function_buildpack.source.settings import Settings
from function_buildpack.system import process
from function_buildpack.system.kernel import Confinement

APP = Path("/workspace")


def test_tell_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    """Sources without bytecode are named with the reason."""
    broken = SyntaxInvalid(APP / "a.py", 1, "(", "it never ends", "3.13.5")
    compiled = Compiled(1, [broken], [APP / "service/b.py", APP / "service/c.py"])

    application_step.log_compiled(compiled, APP)

    said = capsys.readouterr().out
    assert "a.py does not compile. The build continues" in said
    assert "another user owns the folder: service/b.py, service/c.py" in said


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, "a 2 (was 1)"),
        ({"a": "1"}, {"a": "1", "b": "3"}, "added b 3"),
        ({"a": "1", "b": "3"}, {"a": "1"}, "removed b 3"),
        ({"a": "1"}, {"a": "1"}, "none"),
        (
            {f"a{i}": "1" for i in range(10)},
            {},
            ", ".join(f"removed a{i} 1" for i in range(8)) + " and 2 more",
        ),
    ],
)
def test_changes(before: dict[str, str], now: dict[str, str], said: str) -> None:
    """Changed, added and removed packages are listed, up to a limit."""
    assert said == phrases.changes(before, now)


def test_tell_writable(capsys: pytest.CaptureFixture[str]) -> None:
    """A note names the files that others can write to. Without any there is none."""
    source_step.warn_about_writable([], APP)
    source_step.warn_about_writable([APP, APP / "data"], APP)

    said = capsys.readouterr().out
    assert 1 == said.count("Note:")
    assert "in the image too: ., data. The build cannot" in said


def build(folder: Path, layers: Path) -> Build:
    """Return a build with these layers, and a buildpack without a prepared runtime."""
    context = BuildContext(APP, layers, Target("linux", "amd64", "", ""), {})
    archives = Archives(Layer(folder, Nothing()))
    return Build(
        context, Buildpack(Path("/cnb/x"), "1"), Settings(), Layers(layers), archives, process.run
    )


@dataclass(frozen=True)
class Nothing:
    """No metadata."""


def test_confinement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function cannot write to layers nor read secrets; an installation may read them.

    One from a copy of the source cannot write to the source either.
    """
    (tmp_path / ".netrc").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    made = build(tmp_path, Path("/layers/ours"))
    monkeypatch.setattr(isolation, "_SHARED", Path("/nowhere"))
    platform, kept = Path("/platform"), (Path("/layers"), Path("/cnb/x"), Path("/platform"))
    hidden, writable = (
        (platform, platform / "bindings", tmp_path / ".netrc"),
        Path("/layers/ours/x"),
    )

    assert Confinement(hidden, kept, (writable,)) == isolation.of_function(made, writable)
    assert Confinement((), kept, (writable,)) == isolation.of_installation(made, writable)
    assert Confinement((), (*kept, APP), (writable,)) == isolation.of_copy(made, writable)


def test_confinement_below_tmp(tmp_path: Path) -> None:
    """Where layers are in a folder that everybody writes to, that folder stays open."""
    made = build(tmp_path, Path("/tmp/layers/ours"))

    assert Confinement() == isolation.of_function(made, tmp_path)
