"""Pages, links and files of the repository, as the site shows them."""

from pathlib import Path

import pytest
from documentation.site import sources


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with two pages, a folder and a file that a page links to."""
    for path, text in {
        "README.md": "# Start\n\n[a page](docs/one.md#a) [a folder](deploy) [LICENSE](LICENSE)\n",
        "docs/one.md": "# One\n\n[a file](../deploy/run.yaml), ![a picture](chart.svg)\n",
        "docs/chart.svg": "<svg/>",
        "deploy/run.yaml": "run: 1\n",
        "deploy/__pycache__/x.pyc": "",
        "LICENSE": "Do as you like\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_pages(root: Path) -> None:
    """Markdown files of the known folders are pages."""
    assert ["README.md", "docs/one.md"] == sources.pages(root)
    assert ["docs/chart.svg"] == sources.pictures(root)


def test_linked_folders_and_files_are_shown(root: Path) -> None:
    """A page is made for each folder and file that a page links to, and for the folder's files."""
    assert {
        "LICENSE.md": "# LICENSE\n\n```text\nDo as you like\n```\n",
        "deploy/README.md": "# deploy\n\n- [run.yaml](run.yaml)\n",
        "deploy/run.yaml.md": "# deploy/run.yaml\n\n```yaml\nrun: 1\n```\n",
    } == sources.shown(root)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("[x](one.md#part)", "[x](one.md#part)"),
        ("[x](../deploy)", "[x](../deploy/README.md)"),
        ("[x](../deploy/run.yaml#top)", "[x](../deploy/run.yaml.md#top)"),
        ("[x]: ../LICENSE", "[x]: ../LICENSE.md"),
        ("[`x` [y]](../LICENSE)", "[`x` [y]](../LICENSE.md)"),
        ("[x](https://example.com/deploy)", "[x](https://example.com/deploy)"),
        ("[x](#deploy)", "[x](#deploy)"),
        ("[x](missing)", "[x](missing)"),
        ("![x](chart.svg)", "![x](chart.svg)"),
        ("```text\n[x](../deploy)\n```", "```text\n[x](../deploy)\n```"),
    ],
)
def test_links_lead_to_pages(root: Path, link: str, expected: str) -> None:
    """Links to folders and files lead to their pages; others, and those in code, stay."""
    assert expected == sources.with_page_links("docs/one.md", link, root)


def test_file_with_a_code_block(root: Path) -> None:
    """A file with a code block is shown completely: its block does not end the page's."""
    (root / "LICENSE").write_text("````\ncode\n````\n")

    assert (
        "# LICENSE\n\n``````text\n````\ncode\n````\n``````\n" == sources.shown(root)["LICENSE.md"]
    )
