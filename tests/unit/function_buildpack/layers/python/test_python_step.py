"""What the log says of the Python, where no build of a test can bring it about."""

import pytest
from packaging.specifiers import SpecifierSet

from function_buildpack.layers.python import python_step
from function_buildpack.layers.python.python_versions import Statement, Wanted
from function_buildpack.system import interpreter
from function_buildpack.uv.pythons import Download


def test_tell_pinned(capsys: pytest.CaptureFixture[str]) -> None:
    """A patch version that keeps the images' own Python away is noted."""
    version = f"{interpreter.current().minor}.99"
    wish = Wanted((Statement(".python-version", version, (SpecifierSet(f"=={version}"),)),))

    python_step.tell(wish, Download("key", version, "file"))

    said = capsys.readouterr().out
    assert f"Python: {version}, in a layer of its own (.python-version says {version})" in said
    assert f"{interpreter.current().version}: it needs no layer" in said


def test_tell_ended(capsys: pytest.CaptureFixture[str]) -> None:
    """A version that gets no more fixes is noted, with the month."""
    python_step.tell(Wanted(), Download("key", "3.9.25", "file"))

    assert "Python 3.9.25 is of a version without fixes since 2025-10." in capsys.readouterr().out
