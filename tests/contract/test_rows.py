"""Each row of rows.py has a test."""

import ast
from collections.abc import Iterator

from contract.phases import ROOT
from contract.rows import CONTRACT, DECISIONS, DEFECTS, PROTOCOL, TRAPS, UNTESTED


def proved() -> set[str]:
    """Return the rows in the tests' markers."""
    return {row for path in (ROOT / "tests").rglob("test_*.py") for row in marks(path.read_text())}


def marks(source: str) -> Iterator[str]:
    """Yield the arguments of the marker in a test module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.row":
            for argument in node.args:
                assert isinstance(argument, ast.Constant)
                assert isinstance(argument.value, str)
                yield argument.value


def test_every_row_has_a_test() -> None:
    """Each row has a test or a reason, not both, and each marker names an existing row."""
    rows = {*CONTRACT, *DEFECTS, *DECISIONS, *PROTOCOL, *TRAPS}

    assert rows == proved() | set(UNTESTED)
    assert set() == proved() & set(UNTESTED)
