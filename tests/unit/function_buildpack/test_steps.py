"""The log of a build, where no build of a test can bring about what it says."""

from pathlib import Path

import pytest

from function_buildpack.bytecode import Compiled
from function_buildpack.errors import SyntaxInvalid
from function_buildpack.steps import application, telling

APP = Path("/workspace")


def test_tell_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    """Sources without bytecode are named, each with its reason."""
    broken = SyntaxInvalid(APP / "a.py", 1, "(", "it never ends", "3.13.5")
    compiled = Compiled(1, [broken], [APP / "service/b.py", APP / "service/c.py"])

    application.tell_compiled(compiled, APP)

    said = capsys.readouterr().out
    assert "a.py does not compile; it is not part of the function" in said
    assert "the folder is another user's: service/b.py, service/c.py" in said


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, "a 2 (was 1)"),
        ({"a": "1"}, {"a": "1", "b": "3"}, "new b 3"),
        ({"a": "1", "b": "3"}, {"a": "1"}, "without b 3"),
        ({"a": "1"}, {"a": "1"}, "the same"),
        (
            {f"a{i}": "1" for i in range(10)},
            {},
            ", ".join(f"without a{i} 1" for i in range(8)) + " and 2 more",
        ),
    ],
)
def test_changes(before: dict[str, str], now: dict[str, str], said: str) -> None:
    """What is other, new and gone is told, as many as one reads."""
    assert said == telling.changes(before, now)
