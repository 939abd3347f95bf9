"""A test runs every command on a page, or the page has a reason (tests/pages.py)."""

from pathlib import Path

import pytest
from documentation.site import sources

import pages
from pages import Block

PAGES = sources.pages()


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_a_page(page: str) -> None:
    """Each block names existing tests, or a reason."""
    blocks = pages.blocks(page)

    assert [] == [block.commands for block in blocks if not block.tests and not block.reason]
    missing = {
        name for block in blocks for name in block.tests if not (pages.ROOT / name).is_file()
    }
    assert set() == missing


def test_markers(tmp_path: Path) -> None:
    """A block's own comment takes precedence over that of the page. There may be none."""
    (tmp_path / "page.md").write_text(
        "<!-- run by: tests/a.py, tests/b.py -->\n```bash\none\n```\n\n"
        "<!-- not run: asks a host -->\n```bash\ntwo\n```\n\n```text\nno command\n```\n\n"
        "```bash\nthree\n```\n"
    )
    (tmp_path / "all.md").write_text(
        "<!-- all run by: tests/c.py -->\n\n```bash\nfour\n```\n"
        "<!-- not run: a draft -->\n```bash\nfive\n```\n"
    )

    assert [
        Block("page.md", "one\n", ("tests/a.py", "tests/b.py")),
        Block("page.md", "two\n", reason="asks a host"),
        Block("page.md", "three\n"),
    ] == pages.blocks("page.md", tmp_path)
    assert [
        Block("all.md", "four\n", ("tests/c.py",)),
        Block("all.md", "five\n", reason="a draft"),
    ] == pages.blocks("all.md", tmp_path)
