"""Lines of a requirements file, the form in which uv takes what another tool has locked."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

# Poetry and Pipenv name it in each lock that has no index of its own. For uv it goes unsaid, so
# that UV_DEFAULT_INDEX can name a mirror.
PYPI = "https://pypi.org/simple"


def pinned(name: str, version: str, hashes: Iterable[str], marker: str = "") -> str:
    """Return the line of a package from an index; `version` is a specifier or empty."""
    words = [f"{name}{version}"]
    if marker:
        words.append(f"; {marker}")
    return " ".join([*words, *(f"--hash={value}" for value in hashes)])


def direct(name: str, url: str, marker: str = "") -> str:
    """Return the line of a package from a URL (PEP 508, which wants a space before a marker)."""
    return f"{name} @ {url} ; {marker}" if marker else f"{name} @ {url}"


def git_url(repository: str, revision: str, subdirectory: str = "") -> str:
    """Return pip's form of a git repository's revision. An ssh address becomes a URL."""
    if "://" not in repository and "@" in repository:  # git@host:path
        repository = "ssh://" + repository.replace(":", "/", 1)
    url = f"git+{repository}@{revision}"
    return f"{url}#subdirectory={subdirectory}" if subdirectory else url


def file_url(folder: Path, path: str) -> str:
    """Return the URL of a path that is relative to the function's folder."""
    return Path(os.path.normpath(folder / path)).as_uri()


def indexes(urls: Sequence[str]) -> list[str]:
    """Return the lines that name package indexes; PyPI among them stays uv's default."""
    unique = list(dict.fromkeys(url.rstrip("/") for url in urls))
    pypi = urlsplit(PYPI).hostname
    others = [url for url in unique if urlsplit(url).hostname != pypi]
    if others and len(others) == len(unique):
        return [f"--index-url {others[0]}", *(f"--extra-index-url {url}" for url in others[1:])]
    return [f"--extra-index-url {url}" for url in others]
