"""Sources that cannot be built: there is a message with a title, and no image."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from image import prerequisites
from image.pack import Pack

DETECT_NONE_PASSED = "No buildpack groups passed detection"


@dataclass(frozen=True)
class Bad:
    """A fixture, and the parts of its message: title, file, what was found.

    With a pyproject.toml: that of http_basic is replaced.
    """

    function: str
    title: str
    says: tuple[str, ...]
    pyproject: str = ""


_PYPROJECT = """
[project]
name = "function"
version = "0.1.0"
"""


# The titles are those of function_buildpack/messages.py.
BAD = [
    Bad("package_missing", "There is no package named function", ("app", "function/__init__.py")),
    Bad("handler_missing", "The function cannot be loaded", ("new", "handle")),
    Bad("new_raises", "The function cannot be loaded", ("func.py", "no database at db01")),
    Bad(
        "import_missing",
        "The function cannot be loaded",
        ("func.py", "No installed package has the module nowhere_to_be_found"),
    ),
    Bad(
        "module_left_out", "The function cannot be loaded", ("func.py", "curses is part of Python")
    ),
    Bad(
        "syntax_error",
        "A source file of the function has a syntax error",
        ("func.py, line 1", "def new()", "expected ':'"),
    ),
    Bad(
        "toml_invalid",
        "pyproject.toml is not valid TOML",
        ("pyproject.toml", "line 3"),
        '[project]\nname = "function"\nversion = 0.1.0\n',
    ),
    Bad("yaml_invalid", "func.yaml is not valid YAML", ("func.yaml", "line 5")),
    Bad(
        "requirements_unmet",
        "The function's dependencies cannot be resolved",
        ("pyproject.toml", "idna>=999"),
        f'{_PYPROJECT}requires-python = ">=3.10"\ndependencies = ["idna>=999"]\n',
    ),
    Bad(
        "python_unavailable",
        "The requested Python version is not available",
        ("pyproject.toml", ">=3.99", "Versions: 3.11."),
        f'{_PYPROJECT}requires-python = ">=3.99"\ndependencies = ["idna"]\n',
    ),
]


@pytest.mark.parametrize("bad", BAD, ids=[bad.function for bad in BAD])
def test_bad_input_is_explained(pack: Pack, bad: Bad, tmp_path: Path) -> None:
    """The build fails with a title, the file, the problem and the fix, and without an image."""
    folder = prerequisites.FUNCTIONS / bad.function
    if bad.pyproject:
        folder = shutil.copytree(prerequisites.FUNCTIONS / "http_basic", tmp_path / bad.function)
        (folder / "pyproject.toml").write_text(bad.pyproject)
    failed = pack.attempt(folder)
    assert failed.status != 0
    assert not failed.image.exists
    _, _, message = failed.log.partition(f"ERROR: {bad.title}\n")
    assert message, failed.log
    for fact in bad.says:
        assert fact in message
    # The buildpack's own code is nobody's concern here.
    assert "function_buildpack" not in message


def test_other_language_is_declined(pack: Pack) -> None:
    """For a Go function, detection fails with exit code 100 and the reason."""
    failed = pack.attempt(prerequisites.FUNCTIONS / "language_go")
    assert failed.status != 0
    assert not failed.image.exists
    assert DETECT_NONE_PASSED in failed.log
    assert "func.yaml has runtime: go" in failed.log


def test_bad_setting_is_explained(pack: Pack) -> None:
    """The error for an invalid build setting has its name and valid values."""
    env = {"BP_FUNCTION_CHECK": "maybe"}
    failed = pack.attempt(prerequisites.FUNCTIONS / "http_basic", env=env)
    assert failed.status != 0
    assert "ERROR: Invalid build setting\n" in failed.log
    assert "BP_FUNCTION_CHECK" in failed.log
    assert "maybe" in failed.log
