"""Every test that a page names exists."""

import re
from pathlib import Path

import pytest
from documentation.site import sources

ROOT = Path(__file__).parents[3]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_OTHERWISE = re.compile(r"test$|shown by$|tried by hand$|\[reported\]\(https:")
NAMED = sorted(
    {
        (page, path, name)
        for page in sources.pages()
        for path, name in _NAMED.findall((ROOT / page).read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize(("page", "path", "name"), NAMED)
def test_named_test_is_there(page: str, path: str, name: str) -> None:
    """A test that a page names exists."""
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", ["docs/security.md", "docs/troubleshooting.md"])
def test_each_row_names_its_test(page: str) -> None:
    """A row of these pages ends with its test, or with how it was tried or reported."""
    text = (ROOT / page).read_text(encoding="utf-8").partition("## Not defended")[0]
    tables = text.split("## Who is trusted")[-1].split("\n## ", 1)[-1]
    rows = [line for line in tables.splitlines() if line.startswith("| ") and "---" not in line]
    last = [row.rstrip(" |").rpartition("| ")[2] for row in rows]
    without = [
        row
        for row, shown in zip(rows, last, strict=True)
        if not _NAMED.fullmatch(shown) and not _OTHERWISE.match(shown)
    ]

    assert [row for row in without if not row.startswith("| any other code")] == []
