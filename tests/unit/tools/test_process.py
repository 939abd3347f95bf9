"""Programs: their output, their failures."""

import sys
from pathlib import Path

import pytest

from tools import process
from tools.console import Failure


def test_a_missing_program_is_named() -> None:
    """The error has the whole command, so that users can try it."""
    with pytest.raises(Failure, match="no-such-program is missing") as failed:
        process.run(["no-such-program", "--all"])

    assert "no-such-program --all" in str(failed.value)


def test_the_end_of_a_failed_programs_log_is_shown(tmp_path: Path) -> None:
    """The error has the last lines, and the path of the whole log."""
    lines = "for i in $(seq 30); do echo line $i; done; exit 3"

    with pytest.raises(Failure, match=r"^mmdebstrap failed") as failed:
        process.quietly("mmdebstrap", ["sh", "-c", lines], logs=tmp_path)

    assert "line 10\n" not in str(failed.value)
    assert "line 11\n" in str(failed.value)
    assert f"The whole log: {tmp_path}/mmdebstrap.log" in str(failed.value)
    assert "line 1\n" in (tmp_path / "mmdebstrap.log").read_text()
    assert ["mmdebstrap.log"] == [path.name for path in tmp_path.iterdir()]


def test_a_program_that_succeeds_is_quiet(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its output is only in the log."""
    process.quietly("fetch", ["sh", "-c", "echo out; echo err >&2"], logs=tmp_path)

    assert ("", "") == capfd.readouterr()
    assert "out\nerr\n" == (tmp_path / "fetch.log").read_text()


def test_output_apart_from_the_log(tmp_path: Path) -> None:
    """The log only has the errors."""
    command = ["sh", "-c", "cat; echo err >&2"]
    (tmp_path / "in").write_bytes(b"\0data")
    with (tmp_path / "in").open("rb") as stdin, (tmp_path / "out").open("wb") as stdout:
        logged = process.quietly("cat", command, logs=tmp_path, stdin=stdin, stdout=stdout)

    assert "err\n" == logged == (tmp_path / "cat.log").read_text()
    assert b"\0data" == (tmp_path / "out").read_bytes()


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["echo", " an answer "], "an answer"),
        (["sh", "-c", "echo half; exit 1"], None),
        (["no-such-program"], None),
    ],
)
def test_answer(command: list[str], expected: str | None) -> None:
    """A program's output only counts if it succeeds."""
    assert expected == process.answer(command)
    assert (expected is not None) == process.succeeds(command)


def test_complaint() -> None:
    """The last line of standard error is the reason."""
    assert "refused" == process.complaint(["sh", "-c", "echo trying >&2; echo refused >&2"])
    assert "no-such-program is missing" in process.complaint(["no-such-program"])


def test_a_failed_call_says_which_program() -> None:
    """If a visible program fails, the error has its name and status."""
    with pytest.raises(Failure, match="sh failed") as failed:
        process.call(["sh", "-c", "exit 4"])

    assert "Its exit status: 4" in str(failed.value)


def test_variables_are_added_to_those_of_the_process() -> None:
    """A program has this process's variables, and those that are named."""
    command = [sys.executable, "-c", "import os; print(os.environ['PATH'] and os.environ['ADDED'])"]

    assert "value" == process.answer(command, environ={"ADDED": "value"})


def test_no_program_waits_for_the_terminal() -> None:
    """A program that reads its input gets an empty one."""
    assert 0 == process.run(["sh", "-c", "! read -r line"])


def test_output() -> None:
    """A program's output is returned. If it fails, the error has its name."""
    assert "a b" == process.output(["echo", "a", "b"])
    with pytest.raises(Failure) as caught:
        process.output(["false", "a"])
    assert "false a failed" == caught.value.title


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (["sh", "-c", "echo fine"], None),
        (["sh", "-c", "echo out; echo err >&2; exit 1"], "out\nerr"),
        (["sh", "-c", "exit 3"], "Its exit status: 3"),
        (["no-such-program"], "no-such-program is missing\n  Run: no-such-program"),
    ],
)
def test_failure(command: list[str], expected: str | None) -> None:
    """A program's output is only returned if it fails."""
    assert expected == process.failure(command)
