"""docs/reference.md matches the code."""

import re
from pathlib import Path

from documentation.reference import page

from func_runtime import errors
from function_buildpack import constants

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def test_page_is_up_to_date() -> None:
    """The page matches the code. `make readme` updates it."""
    assert PAGE == page.render(ROOT)


def test_exit_codes_of_a_function() -> None:
    """Each failure of a start has its row, with the exit code of its class."""
    section = PAGE.partition("## Exit codes of a function")[2].partition("\n## ")[0]
    codes = re.findall(r"^\| (\d) \|", section, re.MULTILINE)
    classes = [str(kind.exit_code) for kind in errors.StartFailure.__subclasses__()]

    assert sorted(classes) == codes


def test_layers() -> None:
    """Each layer that the buildpack makes has its row."""
    section = PAGE.partition("## Layers")[2].partition("\n## ")[0]
    layers = {
        constants.RUNTIME,
        constants.PYTHON,
        constants.DEPENDENCIES,
        constants.PROJECT,
        constants.VARIABLES,
        constants.ARCHIVES,
        constants.PYTHON_ARCHIVE,
        constants.BUILD_TOOLS,
    }

    assert layers == set(re.findall(r"^\| `([\w-]+)` ", section, re.MULTILINE))
