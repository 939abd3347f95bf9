"""The settings as text."""

import re
from pathlib import Path

import pytest

from func_runtime import cli, constants, errors
from func_runtime.log import messages
from func_runtime.settings import table
from func_runtime.settings.settings import Options

CONTRACT = Path(__file__).parents[4] / "docs" / "contract.md"


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of docs/contract.md."""
    _, _, section = CONTRACT.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    lines = section.partition("\n## ")[0].splitlines()
    table = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    return [[cell.strip().replace("`", "") for cell in row] for row in table[2:]]


def test_document_has_the_table() -> None:
    """docs/contract.md and --help have the same text for every setting."""
    expected = [[row.name, row.default, row.meaning, row.bad_value] for row in table.TABLE]

    assert expected == rows("Settings")


def test_every_variable_is_in_the_table() -> None:
    """Every variable that the runtime knows is a setting in the table."""
    variables = {
        value
        for name, value in vars(constants).items()
        if re.match(r"FUNC_|LOG_|OTEL_|PORT|LISTEN|FORWARDED", name) and name != "FUNC_YAML"
    }

    assert variables == {row.name for row in table.TABLE}
    assert [row.name for row in table.TABLE] == list(constants.SETTINGS)


def test_document_has_the_failures() -> None:
    """docs/contract.md has a row for each failure of a start, with its exit code."""
    document = dict(row[:2] for row in rows("Exit codes") if row[1] not in ("", "0"))
    failures: dict[str, type[errors.StartFailure]] = {
        "Invalid setting": errors.SettingInvalid,
        "func.yaml is not valid YAML": errors.FileInvalid,
        "Invalid field in func.yaml": errors.FieldInvalid,
        "Cannot read func.yaml": errors.YamlReaderMissing,
        "There is no package named function": errors.FunctionMissing,
        "The function has neither new nor handle": errors.EntryPointMissing,
        "The function has no handle that can be called": errors.HandleInvalid,
        "Cannot watch files for --reload": errors.WatcherMissing,
        "Cannot listen on address": errors.AddressUnavailable,
        "The function failed: … raised an exception": errors.FunctionFailed,
        "The application's startup failed": errors.StartupFailed,
        "A method of the function has the wrong arguments": errors.SignatureMismatch,
        "The function is a WSGI application": errors.WsgiApplication,
    }

    assert {title: str(kind.exit_code) for title, kind in failures.items()} == document
    assert set(errors.StartFailure.__subclasses__()) == set(failures.values())
    assert "The function failed: new() raised an exception" == (
        messages.describe(errors.FunctionFailed("new()")).title
    )


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    """--help prints every setting and its default, and ends with 0."""
    with pytest.raises(SystemExit) as ended:
        cli.parse(["--help"])

    printed = capsys.readouterr().out
    assert 0 == ended.value.code
    for row in table.TABLE:
        assert f"  {row.name} (default: {row.default})\n" in printed
    assert max(map(len, printed.splitlines())) <= 100


def test_arguments() -> None:
    """Arguments are optional."""
    assert Options() == cli.parse([])
    assert Options(port="1", check="new") == cli.parse(["--port", "1", "--check", "new"])
    assert Options(reload=True) == cli.parse(["--reload"])
