"""docs/architecture.md: its picture and its tables are those of the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "buildpack" / "function_buildpack"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## The build\n")[2].partition("\n### Layers\n")[0]
MOST_MODULES, MOST_LINES, MOST_LINES_OF_A_FUNCTION = 12, 300, 40

PICTURE = re.findall(r"^ (\w+) {3,}", SECTION, re.MULTILINE)
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def imported(path: Path) -> Iterator[str]:
    """Yield the modules and packages of the build side that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def top(path: Path) -> str:
    """Return the folder, or the module, of the picture that a file is in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_picture_is_complete() -> None:
    """The picture has all folders, and nothing else."""
    assert {top(path) for path in FILES} - {"__init__"} == {*PICTURE}


@pytest.mark.parametrize("folder", PICTURE)
def test_picture(folder: str) -> None:
    """A folder imports itself and those below it."""
    files = [path for path in FILES if top(path) == folder]
    names = [name for path in files for name in imported(path)]
    arrows = {name.split(".")[1] for name in names if name.startswith("function_buildpack.")}

    assert set() == arrows - {*PICTURE[PICTURE.index(folder) :]}


def test_tables() -> None:
    """Each module is in the table of its folder, once."""
    rows = re.findall(r"^\| (`.*?`) \| ", SECTION, re.MULTILINE)
    named, folder = list[str](), ""
    for row in rows:
        words = re.findall(r"`([\w/.]+)`", row)
        if words[0].endswith("/") and words[1:] == []:
            folder = words[0]
        else:
            inner = words.pop(0) if words[0].endswith("/") else ""
            named += [f"{folder}{inner}{word}" for word in words]

    modules = [str(path.relative_to(PACKAGE)) for path in FILES if path.name != "__init__.py"]
    assert sorted({*modules} - {"constants.py"}) == sorted(named)


@pytest.mark.parametrize("folder", sorted({path.parent for path in FILES}), ids=lambda f: f.name)
def test_size_of_folders(folder: Path) -> None:
    """A folder has so few modules that one can know them."""
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]

    assert len(modules) <= MOST_MODULES


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_size_of_files(path: Path) -> None:
    """Files and functions are short enough to be read at once."""
    text = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}

    assert len(text.splitlines()) <= MOST_LINES
    assert {} == {
        name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION
    }
