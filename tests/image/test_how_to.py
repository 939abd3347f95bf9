"""The pages of docs/how-to, as their readers follow them: files, commands, and what these print."""

from pathlib import Path

import pytest

from image import prerequisites
from image.pack import Pack
from image.walkthrough import Page, Reader

PAGES = prerequisites.ROOT / "docs" / "how-to"
# With services that the page takes for granted, below.
SEPARATE = {"database.md", "logs-and-traces.md"}


def pages() -> list[str]:
    """Return the pages with commands that are run here."""
    own = f"run by: tests/image/{Path(__file__).name}"
    return sorted(page.name for page in PAGES.glob("*.md") if own in page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [page for page in pages() if page not in SEPARATE])
def test_page(pack: Pack, tmp_path: Path, page: str) -> None:
    """Its commands succeed, in their order, and print what the page says."""
    folder = tmp_path / "folder"
    folder.mkdir()
    written = Page(PAGES / page)

    assert written.outputs == Reader(pack, folder).follow(written)
