"""Hooks of MkDocs: they add files, and fill the navigation."""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files, InclusionLevel

from documentation.site import sources

# A comment that is for a test (tests/unit/docs/test_commands.py).
_MARKER = re.compile(r"^<!-- (?:all )?(?:not run|run by): .*-->\n", re.MULTILINE)
# For pages that only show a file or a folder.
_NOT_SEARCHED = "---\nsearch:\n  exclude: true\n---\n"


def on_config(config: Any) -> Any:
    """Replace each pattern in the navigation, such as docs/how-to/*, by its pages."""
    config.nav = [_expanded(item) for item in config.nav]
    return config


def _expanded(item: Any) -> Any:
    (title, inner), *_ = item.items() if isinstance(item, dict) else [("", item)]
    if isinstance(inner, list):
        return {title: [part for each in inner for part in _parts(each)]}
    return item


def _parts(item: Any) -> list[Any]:
    if isinstance(item, str) and "*" in item:
        return sorted(path for path in sources.pages() if Path(path).match(item))
    if isinstance(item, dict) and isinstance(next(iter(item.values())), list):
        expanded = _expanded(item)
        return [expanded] if next(iter(expanded.values())) else []
    return [item]


def on_files(files: Files, config: Any) -> Files:
    """Add the files of the repository under their own paths, and keep the theme's."""
    kept = [file for file in files if file.src_dir != config.docs_dir]
    kept += [
        File.generated(config, path, abs_src_path=str(sources.ROOT / path))
        for path in [*sources.pages(), *sources.pictures(), *config.extra_css]
    ]
    for path, markdown in sources.shown().items():
        kept.append(
            File.generated(
                config, path, content=_NOT_SEARCHED + markdown, inclusion=InclusionLevel.NOT_IN_NAV
            )
        )
    return Files(kept)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Change links to folders and files, so that they lead to their pages."""
    return _MARKER.sub("", sources.with_page_links(page.file.src_uri, markdown))
