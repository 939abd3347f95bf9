"""The output of commands on the terminal, in Python and in shell."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import ROOT, console, process
from tools.console import Failure, Output

BOLD, RED, END = "\033[1m", "\033[1;31m", "\033[0m"


@pytest.fixture(autouse=True)
def terminal() -> Iterator[None]:
    """Write as before after the test."""
    yield
    console.use(Output())


def test_a_step_says_what_it_does_and_how_long_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    """A step has two lines, because other lines may be between them."""
    with console.step("Building pack", "once"):
        console.say("Other")

    begin, other, end = capsys.readouterr().err.splitlines()
    assert ("==> Building pack (once)", "==> Other") == (begin, other)
    assert re.fullmatch(r"  Building pack: done in 0\.\d s", end)


def test_a_step_that_fails_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    """A failed step only has its first line. The error follows."""
    with pytest.raises(Failure), console.step("Building pack"):
        raise Failure("No")

    assert "==> Building pack\n" == capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (10, "10 s"), (59.6, "1 min 0 s"), (185.2, "3 min 5 s")],
)
def test_durations(seconds: float, expected: str) -> None:
    """Durations are short texts."""
    assert expected == console.duration(seconds)


def test_colours(capsys: pytest.CaptureFixture[str]) -> None:
    """Marks are bold, and red for errors."""
    console.use(Output(has_colours=True))

    console.say("Step")
    console.report(Failure("It failed", "Found: nothing"))

    expected = f"{BOLD}==>{END} Step\n{RED}Error:{END} It failed\n  Found: nothing\n"
    assert expected == capsys.readouterr().err


def test_errors_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """Neither steps nor details are shown."""
    console.use(Output(shows_steps=False))

    with console.step("Step"):
        console.detail("detail")
    console.report(Failure("It failed"))

    assert "Error: It failed\n" == capsys.readouterr().err


def test_what_programs_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output is shown with the program's name, and is also in the log."""
    console.use(Output(shows_programs=True))

    printed = process.quietly("fetch", ["sh", "-c", "echo out; echo err >&2"], logs=tmp_path)

    assert "out\nerr\n" == printed == (tmp_path / "fetch.log").read_text()
    assert "  fetch: out\n  fetch: err\n" == capsys.readouterr().err


SHELL = """
. ./say.sh
say "Step"
fail "It failed" "Found: nothing"
"""


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", "==> Step\n"), ("0", ""), ("1", "==> Step\n")],
)
def test_shell(value: str, expected: str) -> None:
    """Shell scripts have the same output."""
    ended = subprocess.run(
        ["sh", "-euc", SHELL],
        cwd=ROOT / "tools",
        env={**os.environ, "V": value},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )

    assert (1, f"{expected}Error: It failed\n  Found: nothing\n") == (
        ended.returncode,
        ended.stderr,
    )


@pytest.mark.parametrize(
    ("variables", "expected"),
    [("NO_COLOR=", f"{BOLD}==>{END} Step\n"), ("NO_COLOR=1", "==> Step\n")],
)
def test_shell_on_a_terminal(variables: str, expected: str) -> None:
    """Scripts have colours on a terminal, unless NO_COLOR is set."""
    script = f"env {variables} sh -c '. {ROOT}/tools/say.sh; say Step'"
    ended = subprocess.run(
        ["script", "--quiet", "--return", "--command", script, "/dev/null"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )

    assert expected == ended.stdout


@pytest.mark.parametrize("target", ["image", "doctor", "release", "bench-runtime"])
def test_help_has_each_target_below_its_heading(target: str) -> None:
    """`make help` has no colours without a terminal, and explains V."""
    ended = subprocess.run(
        ["make", "-C", ROOT, "help"], stdout=subprocess.PIPE, text=True, check=True
    )

    assert f"\n  {target} " in ended.stdout
    assert "\nThe two commands\n" in ended.stdout
    assert "\nV=1 also shows what programs print, V=0 shows only errors" in ended.stdout
    assert "\033" not in ended.stdout
