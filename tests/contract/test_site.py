"""The documentation as a site: built like `make site`, and complete."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Folders that pages are in, or link to.
LINKED = ("buildpack", "deploy", "examples", "stack", "templates", "tools")
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
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def build(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a clone into a folder."""
    command = [sys.executable, "-m", "documentation.site", str(folder)]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, timeout=200, check=False
    )


def test_broken_links_fail(tmp_path: Path) -> None:
    """A broken link, anchor or folder fails the build, and so does a page without a place."""
    copy = tmp_path / "copy"
    for folder in (
        "docs",
        "documentation",
        "stack",
        "templates",
        "examples",
        "deploy",
        "buildpack",
        "tools",
    ):
        shutil.copytree(ROOT / folder, copy / folder, symlinks=True)
    for page in ROOT.glob("*.md"):
        shutil.copy(page, copy)
    shutil.copy(ROOT / "LICENSE", copy)
    links = "[a](nothing.md) [b](errors.md#nothing) [c](../nothing)"
    (copy / "docs" / "lost.md").write_text(f"# Lost\n\n{links}\n")

    done = build(copy, tmp_path / "site")

    assert done.returncode == 1
    for said in (
        "contains a link 'nothing.md', but the target 'docs/nothing.md' is not found",
        "does not contain an anchor '#nothing'",
        "contains an unrecognized relative link '../nothing'",
        'not included in the "nav" configuration:\n    - docs/lost.md',
    ):
        assert said in done.stderr


@pytest.mark.parametrize("module", ["documentation.site", "documentation.readme"])
@pytest.mark.parametrize(
    ("argument", "status", "said"), [("--help", 0, "usage: "), ("--halp", 1, "Error: ")]
)
def test_options(module: str, argument: str, status: int, said: str) -> None:
    """--help prints the help, and an unknown option is an error. Neither is used as a folder."""
    before = sorted(ROOT.iterdir())
    done = subprocess.run(
        [sys.executable, "-m", module, argument],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "buildpack:buildpack/runtime/src"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (status, before) == (done.returncode, sorted(ROOT.iterdir()))
    assert (done.stdout + done.stderr).startswith(said)


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
    """A page loads no fonts, scripts or pictures from other hosts."""
    fetched = {
        found.group(0)
        for html in pages(site).values()
        for found in _FETCHED.finditer(re.sub(r"<pre.*?</pre>", "", html, flags=re.DOTALL))
        if "http://" in found.group(0) or "https://" in found.group(0)
    }

    assert set() == fetched


def test_lists_and_tables_are_ones(site: Path) -> None:
    """Lists and tables on GitHub are also lists and tables on the site."""
    texts = {
        name: re.sub(r"<(pre|code|script)\b.*?</\1>", "", html, flags=re.DOTALL)
        for name, html in pages(site).items()
    }

    assert [] == [name for name, text in texts.items() if _LIST_AS_TEXT.search(text)]
    assert [] == [name for name, text in texts.items() if _TABLE_AS_TEXT.search(text)]


def test_picture_of_a_chart(site: Path) -> None:
    """Pictures are where the pages show them."""
    assert (site / "docs" / "benchmarks" / "build.svg").is_file()
