"""Log lines about the Python that no build of a test can cause."""

import pytest
from packaging.specifiers import SpecifierSet

from function_buildpack.layers.python import python_step
from function_buildpack.layers.python.python_versions import PythonRequest, PythonRequests
from function_buildpack.system import interpreter
from function_buildpack.uv.pythons import Download


def test_tell_pinned(capsys: pytest.CaptureFixture[str]) -> None:
    """A note recommends the minor version if only the patch version needs a layer."""
    version = f"{interpreter.current().minor}.99"
    requests = PythonRequests(
        (PythonRequest(".python-version", version, (SpecifierSet(f"=={version}"),)),)
    )

    python_step.log_choice(requests, Download("key", version, "file"))

    said = capsys.readouterr().out
    assert f"Python: {version}, in a layer (.python-version requests {version})" in said
    assert f"would use Python {interpreter.current().version} of the run image" in said


def test_tell_ended(capsys: pytest.CaptureFixture[str]) -> None:
    """A note names the end of life of a version that has reached it."""
    python_step.log_choice(PythonRequests(), Download("key", "3.9.25", "file"))

    said = capsys.readouterr().out
    assert "Python 3.9.25 has reached its end of life: no security fixes since 2025-10." in said
