"""The function that the first page shows, as files."""

import re
from pathlib import Path

# A block whose first line is a comment with the file's name.
_BLOCK = re.compile(
    r"^```\w+\n(# (?P<name>[\w./]+\.(?:py|toml|yaml))\n.*?)^```$", re.DOTALL | re.MULTILINE
)


def write(page: str, folder: Path) -> None:
    """Write each file that a page shows into a function's folder.

    :param page: the page's Markdown, with a block for each file that begins with `# NAME`.
    """
    for found in _BLOCK.finditer(page):
        path = folder / found["name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found[1], encoding="utf-8")
