"""The files of the repository that the site shows, under the paths that they have there.

So a link between two pages is the same in the repository and on the site. A link to a folder, or to
another file such as a manifest, leads to a page that lists or shows it.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

_PAGES = ("*.md", "docs/**/*.md", "stack/*.md", "templates/**/*.md", "examples/**/*.md")
_RUNTIME = "buildpack/runtime/*.md"
_PICTURES = ("docs/**/*.svg", "docs/**/*.png")

_FENCED = re.compile(r"^( *)(```+)[^`\n]*\n.*?^\1\2$", re.MULTILINE | re.DOTALL)
# [text](target#anchor) and [name]: target, but neither a picture nor an address of another host.
_LINK = re.compile(
    r"(?P<before>(?<!\!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(|^\[[^\]]+\]: )"
    r"(?!https?:|mailto:|#)(?P<target>[^)\s#]+)(?P<anchor>#[^)\s]*)?",
    re.MULTILINE,
)
_LANGUAGES = {
    ".py": "python",
    ".sh": "sh",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".toml": "toml",
    ".json": "json",
    ".txt": "text",
}


def pages(root: Path = ROOT) -> list[str]:
    """Return the paths of all pages in the repository, relative to its root."""
    return _found(root, *_PAGES, _RUNTIME)


def pictures(root: Path = ROOT) -> list[str]:
    """Return the paths of all pictures that pages may show."""
    return _found(root, *_PICTURES)


def _found(root: Path, *patterns: str) -> list[str]:
    found = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(root).as_posix() for path in found)


def shown(root: Path = ROOT) -> dict[str, str]:
    """Return the pages that are made for linked folders and files: page path to its Markdown."""
    made: dict[str, str] = {}
    todo = [
        target
        for page in pages(root)
        for target in linked(page, (root / page).read_text(encoding="utf-8"))
    ]
    while todo:
        path = todo.pop()
        page = page_of(path, root)
        if page in made or (root / page).is_file() or not (root / path).exists():
            continue
        made[page] = _folder(path, root) if (root / path).is_dir() else _file(path, root)
        todo += linked(page, made[page])
    return made


def linked(page: str, markdown: str) -> Iterator[str]:
    """Yield what the links of a page lead to, as paths in the repository."""
    for match in _LINK.finditer(_FENCED.sub("", markdown)):
        yield _resolved(page, match["target"])


def with_page_links(page: str, markdown: str, root: Path = ROOT) -> str:
    """Return a page's Markdown with its links to folders and files changed to their pages."""

    def changed(match: re.Match[str]) -> str:
        path = _resolved(page, match["target"])
        if not (root / path).exists():
            return match[0]
        target = os.path.relpath(page_of(path, root), Path(page).parent)
        return f"{match['before']}{target}{match['anchor'] or ''}"

    parts, end = [], 0
    for block in _FENCED.finditer(markdown):
        parts += [_LINK.sub(changed, markdown[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, _LINK.sub(changed, markdown[end:])])


def page_of(path: str, root: Path = ROOT) -> str:
    """Return the path of the page that shows a folder or a file of the repository."""
    if (root / path).is_dir():
        return f"{path}/README.md"
    return path if path.endswith((".md", ".svg", ".png")) else f"{path}.md"


def _resolved(page: str, target: str) -> str:
    return os.path.normpath(Path(page).parent / target)


def _folder(path: str, root: Path) -> str:
    names = [
        found.name
        for found in sorted((root / path).iterdir())
        if found.name not in ("__pycache__", ".DS_Store") and found.suffix != ".pyc"
    ]
    rows = [f"- [{_title(root / path / name)}]({name})" for name in names]
    return "\n".join([f"# {path}", "", *rows, ""])


def _title(path: Path) -> str:
    """Return the title of a page, or the name of another file or folder."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    return path.name


def _file(path: str, root: Path) -> str:
    text = (root / path).read_text(encoding="utf-8").rstrip("\n")
    fence = "`" * (2 + max([1, *map(len, re.findall(r"`{3,}", text))]))
    return f"# {path}\n\n{fence}{_LANGUAGES.get(Path(path).suffix, 'text')}\n{text}\n{fence}\n"
