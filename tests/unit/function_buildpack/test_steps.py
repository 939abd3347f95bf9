"""The log of a build, where no build of a test can bring about what it says."""

from pathlib import Path

import pytest

from function_buildpack.bytecode import Compiled
from function_buildpack.cnb.layers import Changed
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


@pytest.mark.parametrize(
    ("field", "before", "now", "said"),
    [
        ("requirements", "0" * 32, "1" * 32, "what states the dependencies changed"),
        ("python", "3.13.5", "3.12.1", "python changed from 3.13.5 to 3.12.1"),
        ("wheels", "", "1" * 32, "wheels changed"),
        ("refresh", "", "2", "BP_FUNCTION_REFRESH changed from none to 2"),
        ("git", "git commit=1, git tags=1", "git commit=1, git tags=2", "git tags changed"),
        ("git", "", "git commit=1, git tags=2", "git commit changed, git tags changed"),
        ("variables", "A=1, B=1", "B=1, C=1", "the variable A changed, the variable C changed"),
        ("moving", "a@b=1, c=", "a@b=2, c=", "a@b moved to 2"),
        ("moving", "a@b=1", "a@b=", "a@b is gone"),
    ],
)
def test_because(field: str, before: str, now: str, said: str) -> None:
    """A reason has the user's words, and of lists what is other in them, without values."""
    because = telling.because(Changed({field: (before, now)}))

    assert f"since the earlier build, {said}" == because
