"""The log: foreign output is indented and contains no commands."""

import pytest

from function_buildpack.log import output


def test_child(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line of a child process is set apart, also one that would be a command."""
    output.child("::error::x\n\n\x1b[1mb")

    assert "  \x1b[2m: :error::x\x1b[0m\n\n  \x1b[2mb\x1b[0m\n" == capsys.readouterr().out


def test_error(capsys: pytest.CaptureFixture[str]) -> None:
    """An error's heading is one line, and its body has lines without sequences for terminals."""
    output.error("a\nb", "c\n\x1b[2Jd\n  ::error::e")

    shown = "\n\x1b[1;31mERROR: a\\nb\x1b[0m\n\nc\nd\n  : :error::e\n\n"
    assert shown == capsys.readouterr().out
