"""The credential helper of git."""

import io
import runpy
from pathlib import Path

import pytest

from function_buildpack.uv import git_credentials

NETRC = "machine git.example.com login someone password secret\n"
FOUND = "username=someone\npassword=secret\n"


@pytest.mark.parametrize(
    ("operation", "question", "answer"),
    [
        ("get", "protocol=https\nhost=git.example.com\n\n", FOUND),
        ("get", "protocol=https\nhost=git.example.com:8443\npath=a=b\n", FOUND),
        ("get", "protocol=https\nhost=example.com\n", ""),
        ("get", "", ""),
        ("store", "host=git.example.com\n", ""),
        ("erase", "host=git.example.com\n", ""),
    ],
)
def test_answer(tmp_path: Path, operation: str, question: str, answer: str) -> None:
    """A request for a host returns its login and password. Other requests return nothing."""
    (tmp_path / "netrc").write_text(NETRC)

    assert answer == git_credentials.answer(str(tmp_path / "netrc"), operation, question)


def test_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """git runs the script by its path, with the request on standard input."""
    (tmp_path / "netrc").write_text(NETRC)
    monkeypatch.setattr("sys.argv", ["", str(tmp_path / "netrc"), "get"])
    monkeypatch.setattr("sys.stdin", io.StringIO("protocol=https\nhost=git.example.com\n"))

    runpy.run_path(git_credentials.__file__, run_name="__main__")

    assert FOUND == capsys.readouterr().out
