"""The pages of docs/how-to: their files, commands and output."""

import os
import sys
from pathlib import Path

import pytest
from bench.runtime import environments

from image import postgresql, prerequisites
from image.pack import Pack
from image.walkthrough import Page, Reader

PAGES = prerequisites.ROOT / "docs" / "how-to"
HERE = f"tests/image/{Path(__file__).name}"
WITH_SERVICES = {"database.md"}


def pages() -> list[str]:
    """Return the pages whose commands are run here and need nothing else."""
    found = {path.name for path in PAGES.glob("*.md") if Page(path, HERE).commands}
    return sorted(found - WITH_SERVICES)


@pytest.mark.parametrize("page", pages())
def test_page(pack: Pack, tmp_path: Path, page: str) -> None:
    """Its commands succeed, in their order, with the output on the page."""
    written = Page(PAGES / page, HERE)

    assert written.outputs == Reader(pack, tmp_path / "folder").follow(written)


def test_database(pack: Pack, tmp_path: Path) -> None:
    """The page on databases, with the PostgreSQL that it requires."""
    written = Page(PAGES / "database.md", HERE)

    with postgresql.serving(pack.client, python()) as address:
        printed = Reader(pack, tmp_path / "folder").follow(written, DATABASE_URL=address)

    assert written.outputs == printed


TEMPLATES = {"fastapi.md", "flask.md", "mcp.md", "streaming.md", "websocket.md"}


@pytest.mark.parametrize("page", sorted(TEMPLATES))
def test_template(page: str) -> None:
    """The files on the page are those of the template, which test_templates.py builds."""
    written = Page(PAGES / page, HERE)
    template = prerequisites.ROOT / written.template

    assert written.files == {name: (template / name).read_text("utf-8") for name in written.files}


def test_each_page_is_followed() -> None:
    """All pages are tested."""
    followed = {*pages(), *WITH_SERVICES, *TEMPLATES, "README.md"}

    assert followed == {path.name for path in PAGES.glob("*.md")}


def python() -> Path:
    """Return the interpreter of the environment with packages that pages require."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    uv = environments.Uv(os.environ)
    return environments.environment(
        home / "knative-python" / "pages",
        prerequisites.ROOT / "tests" / "fixtures" / "pages" / "requirements.txt",
        uv.find(sys.executable),
        uv,
    )
