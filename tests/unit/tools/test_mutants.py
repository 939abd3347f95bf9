"""Scores of mutation tests, from the output of mutmut."""

import tomllib

from tools import ROOT, mutants

PRINTED = """
    a.b.x_read__mutmut_1: killed
    a.b.x_read__mutmut_2: survived
    a.b.xǁReaderǁnext__mutmut_1: timeout
    a.c.x_write__mutmut_1: no tests
    a.d.x_open__mutmut_1: not checked
"""


def test_results() -> None:
    """Changes that were not tested, because others were asked for, have no result."""
    expected = {
        "a.b.x_read__mutmut_1": "killed",
        "a.b.x_read__mutmut_2": "survived",
        "a.b.xǁReaderǁnext__mutmut_1": "timeout",
        "a.c.x_write__mutmut_1": "no tests",
    }

    assert expected == mutants.results(PRINTED)


def test_table() -> None:
    """Each module has a row; a change that no test runs is not noticed."""
    assert [
        "| `a.b` | 3 | 1 | 1 | 66 % |",
        "| `a.c` | 1 | 1 | 0 | 0 % |",
        "| all | 4 | 2 | 1 | 50 % |",
    ] == mutants.table(mutants.results(PRINTED))


def test_scope_exists() -> None:
    """The modules and tests in scope are there."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        scope = tomllib.load(file)["tool"]["mutmut"]
    packages = {path.rpartition("/")[2]: ROOT / path for path in mutants.PACKAGES}
    missing = [
        pattern
        for pattern in scope["only_mutate"]
        for _, package, inner in [pattern.split("/", 2)]
        if not any(packages[package].glob(inner))
    ]
    tests = [
        path for path in scope["pytest_add_cli_args_test_selection"] if not (ROOT / path).exists()
    ]

    assert [] == missing + tests
