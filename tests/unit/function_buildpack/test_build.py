"""The log of a build, where no build of a test can bring about what it says."""

from pathlib import Path

import pytest

from function_buildpack import build
from function_buildpack.application import Compiled

APP = Path("/workspace")


def test_tell_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    """Sources without bytecode are named, each with its reason."""
    compiled = Compiled(1, [APP / "a.py"], [APP / "service/b.py", APP / "service/c.py"])

    build.tell_compiled(compiled, APP)

    said = capsys.readouterr().out
    assert "a.py does not compile; it is not part of the function" in said
    assert "the folder is another user's: service/b.py, service/c.py" in said
