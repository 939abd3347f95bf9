"""The log of a build, where no build of a test can bring about what it says."""

from pathlib import Path

import pytest

from function_buildpack.bytecode import Compiled
from function_buildpack.errors import SyntaxInvalid
from function_buildpack.steps import application

APP = Path("/workspace")


def test_tell_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    """Sources without bytecode are named, each with its reason."""
    broken = SyntaxInvalid(APP / "a.py", 1, "(", "it never ends", "3.13.5")
    compiled = Compiled(1, [broken], [APP / "service/b.py", APP / "service/c.py"])

    application.tell_compiled(compiled, APP)

    said = capsys.readouterr().out
    assert "a.py does not compile; it is not part of the function" in said
    assert "the folder is another user's: service/b.py, service/c.py" in said
