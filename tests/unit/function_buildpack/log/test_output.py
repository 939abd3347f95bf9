"""The log: foreign output is indented and contains no commands."""

from collections.abc import Iterator

import pytest

from function_buildpack.log import log_settings, output
from function_buildpack.log.errors.source import SettingInvalid
from function_buildpack.log.output import Level


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    """Log as before after the test."""
    yield
    output.use()


def test_child(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line of a child process is indented, also one that would be a command."""
    output.child("::error::x\n\n\x1b[1mb")

    assert "  \x1b[2m: :error::x\x1b[0m\n\n  \x1b[2mb\x1b[0m\n" == capsys.readouterr().out


def test_error(capsys: pytest.CaptureFixture[str]) -> None:
    """An error's heading is one line, and its body has lines without sequences for terminals."""
    output.error("a\nb", "c\n\x1b[2Jd\n  ::error::e")

    shown = "\n\x1b[1;31mERROR: a\\nb\x1b[0m\n\nc\nd\n  : :error::e\n\n"
    assert shown == capsys.readouterr().out


def write_all() -> None:
    """Write a line of each kind."""
    output.title("title")
    output.heading("step")
    output.line("line")
    output.debug("debug")
    output.child("child")
    with output.timed("Worked"):
        output.note("note")
    output.error("error", "body")


@pytest.mark.parametrize("value", ["1", "false"])
def test_no_color(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Any NO_COLOR but an empty one removes all sequences for terminals (https://no-color.org)."""
    log_settings.use({"NO_COLOR": value, "BP_LOG_LEVEL": "debug"})
    write_all()

    expected = (
        "\n# title\n\n[step]\nline\nDebug: debug\n  child\nNote: note\nWorked in 0.0 s\n"
        "\nERROR: error\n\nbody\n\n"
    )
    assert expected == capsys.readouterr().out


@pytest.mark.parametrize("environ", [{}, {"NO_COLOR": ""}])
def test_colours(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Titles are bold, notes yellow, errors red, and the output of programs is dimmed."""
    log_settings.use(environ)
    write_all()

    expected = (
        "\n\x1b[1m# title\x1b[0m\n\n\x1b[1m[step]\x1b[0m\nline\n  \x1b[2mchild\x1b[0m\n"
        "\x1b[33mNote:\x1b[0m note\nWorked in 0.0 s\n\n\x1b[1;31mERROR: error\x1b[0m\n\nbody\n\n"
    )
    assert expected == capsys.readouterr().out


def test_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    """Only the title and notes are logged, and with an error the lines of its step."""
    log_settings.use({"NO_COLOR": "1", "BP_LOG_LEVEL": "WARN"})
    output.title("title")
    output.heading("first")
    output.line("line")
    output.note("note")
    output.heading("second")
    output.child("child")
    before = capsys.readouterr().out
    output.error("error", "body")

    assert "\n# title\nNote: note\n" == before
    assert "\n[second]\n  child\n\nERROR: error\n\nbody\n\n" == capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", False), ("info", False), ("Debug", True), ("DEBUG", True), ("warn", False)],
)
def test_levels(value: str, expected: bool) -> None:
    """They are written in any case, and an empty one is the default."""
    log_settings.use({"BP_LOG_LEVEL": value})

    assert expected == output.is_debug()


def test_another_level() -> None:
    """It is an error, which is written in the colours that were asked for."""
    with pytest.raises(SettingInvalid) as failed:
        log_settings.use({"BP_LOG_LEVEL": "trace"})

    assert ("BP_LOG_LEVEL", "trace", "debug, info or warn") == (
        failed.value.name,
        failed.value.found,
        failed.value.expected,
    )


def test_a_step_without_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Its heading is not logged."""
    output.use(has_colours=False)
    output.heading("Application")
    output.heading("Launch")
    output.note("note")
    output.line("line")

    assert "\n[Launch]\nNote: note\nline\n" == capsys.readouterr().out


def test_the_whole_build(capsys: pytest.CaptureFixture[str]) -> None:
    """Its time is the last line, after that of the last step."""
    output.use(has_colours=False, level=Level.DEBUG)
    with output.whole():
        output.heading("Launch")

    expected = "Debug: Step Launch took 0.00 s\nDone in 0.0 s\n"
    assert expected == capsys.readouterr().out
