"""docs/architecture.md: its pictures and tables match the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MOST_MODULES, MOST_LINES, MOST_LINES_OF_A_FUNCTION = 12, 300, 40


class Side(NamedTuple):
    """A package, its section of the page, and modules that are only in the picture."""

    package: Path
    section: str
    only_in_picture: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The name of the package."""
        return self.package.name

    @property
    def picture(self) -> list[str]:
        """The folders and modules of the picture, from its top."""
        return re.findall(r"^ (\w+) {2,}", self.section, re.MULTILINE)

    @property
    def files(self) -> list[Path]:
        """The modules of the package."""
        found = self.package.rglob("*.py")
        return sorted(path for path in found if "__pycache__" not in path.parts)

    def top(self, path: Path) -> str:
        """Return the folder, or the module, of the picture that a file is in."""
        return path.relative_to(self.package).parts[0].removesuffix(".py")


def section(first: str, end: str) -> str:
    """Return the part of the page from a heading to another one, which is given with its marks."""
    return PAGE.partition(f"\n## {first}\n")[2].partition(f"\n{end}\n")[0]


BUILD = Side(
    ROOT / "buildpack" / "function_buildpack",
    section("The build", "### Layers"),
    frozenset({"constants.py", "prepared.py"}),
)
RUN = Side(
    ROOT / "buildpack" / "runtime" / "src" / "func_runtime",
    section("The run", "### Between the socket and `handle`"),
)
IMAGES = Side(ROOT / "stack", section("The images", "## The tools"))
TOOLS = Side(ROOT / "tools", section("The tools", "## Tests"))
SIDES = (BUILD, RUN, IMAGES, TOOLS)
# What has a limit of its size, and no picture.
OTHERS = [Side(ROOT / name, "") for name in ("bench", "documentation")]
FILES = [path for side in (*SIDES, *OTHERS) for path in side.files]


def imported(path: Path) -> Iterator[str]:
    """Yield the modules and packages that a file imports with `from`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)
def test_picture_is_complete(side: Side) -> None:
    """The picture has all folders, and nothing else."""
    assert {side.top(path) for path in side.files} - {"__init__"} == {*side.picture}


@pytest.mark.parametrize(
    ("side", "folder"),
    [(side, folder) for side in SIDES for folder in side.picture],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_picture(side: Side, folder: str) -> None:
    """A folder imports itself and those below it."""
    files = [path for path in side.files if side.top(path) == folder]
    names = [name for path in files for name in imported(path)]
    arrows = {name.split(".")[1] for name in names if name.startswith(f"{side.name}.")}

    # Above it in the picture. A package's own constants (ROOT, FOLDER) are in no folder.
    assert set() == arrows & {*side.picture[: side.picture.index(folder)]}


@pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)
def test_tables(side: Side) -> None:
    """Each module is in the table of its folder, once."""
    rows = re.findall(r"^\| (`.*?`) \| ", side.section, re.MULTILINE)
    named, folder = list[str](), ""
    for row in rows:
        words = re.findall(r"`([\w/.]+)`", row)
        if words[0].endswith("/") and words[1:] == []:
            folder = words[0]
        else:
            inner = words.pop(0) if words[0].endswith("/") else ""
            named += [f"{folder}{inner}{word}" for word in words]

    files = [path for path in side.files if path.name != "__init__.py"]
    modules = {str(path.relative_to(side.package)) for path in files}
    assert sorted(modules - side.only_in_picture) == sorted(named)


@pytest.mark.parametrize(
    "folder",
    sorted({path.parent for path in FILES}),
    ids=lambda folder: str(folder.relative_to(ROOT)),
)
def test_size_of_folders(folder: Path) -> None:
    """The number of modules in a folder is limited."""
    modules = [path for path in folder.glob("*.py") if path.name != "__init__.py"]

    assert len(modules) <= MOST_MODULES


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_size_of_files(path: Path) -> None:
    """The length of files and functions is limited."""
    text = path.read_text(encoding="utf-8")
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}

    assert len(text.splitlines()) <= MOST_LINES
    assert {} == {
        name: length for name, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION
    }
