"""The documentation as a site: built as `make site` does, and complete."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What a browser fetches for a page: not where links lead.
_FETCHED = re.compile(
    r'<(?:script|img|iframe|source)[^>]* src="([^"]+)"'
    r'|<link[^>]* rel="(?:stylesheet|icon|preconnect|preload)"[^>]*>|url\((https?:[^)]+)\)'
)
# A list that Markdown on GitHub knows and MkDocs does not, or the other way round, stays as text.
_LIST_AS_TEXT = re.compile(r"<p>[^<]*(?:<(?!/p>)[^<]*)*\n(?:[-*]|\d+\.) ", re.MULTILINE)
_TABLE_AS_TEXT = re.compile(r"\|\s*-{3,}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site. A broken link, a missing anchor and a page without a place in it fail."""
    folder = tmp_path_factory.mktemp("site")
    command = [ROOT / "tools" / "site" / "build.sh", folder]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def pages(site: Path) -> dict[str, str]:
    """Return the HTML of all pages by their paths."""
    found = {path.relative_to(site).as_posix(): path for path in site.rglob("*.html")}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items()}


def test_first_page_and_kinds(site: Path) -> None:
    """The first page is the README, and the navigation has the kinds of pages."""
    first = pages(site)["index.html"]

    assert "Knative Python functions" in first
    tabs = re.findall(r'class="md-tabs__link">\s*(.*?)\s*</a>', first, re.DOTALL)
    assert ["Start", "Tutorial", "How to", "Reference", "Explanation", "Project"] == tabs


def test_no_request_to_another_host(site: Path) -> None:
    """A page loads nothing from elsewhere: no fonts, no scripts, no pictures."""
    fetched = {
        found.group(0)
        for html in pages(site).values()
        for found in _FETCHED.finditer(re.sub(r"<pre.*?</pre>", "", html, flags=re.DOTALL))
        if "http://" in found.group(0) or "https://" in found.group(0)
    }

    assert set() == fetched


def test_lists_and_tables_are_ones(site: Path) -> None:
    """What is a list or a table on GitHub is one on the site."""
    texts = {
        name: re.sub(r"<(pre|code|script)\b.*?</\1>", "", html, flags=re.DOTALL)
        for name, html in pages(site).items()
    }

    assert [] == [name for name, text in texts.items() if _LIST_AS_TEXT.search(text)]
    assert [] == [name for name, text in texts.items() if _TABLE_AS_TEXT.search(text)]


def test_picture_of_a_chart(site: Path) -> None:
    """Pictures are where the pages show them."""
    assert (site / "docs" / "benchmarks" / "build.svg").is_file()
