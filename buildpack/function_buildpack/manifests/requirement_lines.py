"""Writes locked packages as lines of a requirements file, for locks that uv does not read."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from function_buildpack.uv import named_indexes
from function_buildpack.uv.client import Uv
from function_buildpack.uv.origin import RequirementsOrigin

# Poetry and Pipenv write it into each lock without another index. It is not passed to uv, so that
# UV_DEFAULT_INDEX can name a mirror.
PYPI = "https://pypi.org/simple"


def pinned(name: str, version: str, hashes: Iterable[str], marker: str = "") -> str:
    """Return the line of a package from an index. `version` is a specifier or empty."""
    words = [f"{name}{version}"]
    if marker:
        words.append(f"; {marker}")
    return " ".join([*words, *(f"--hash={value}" for value in hashes)])


def direct(name: str, url: str, marker: str = "") -> str:
    """Return the line of a package from a URL (PEP 508 requires a space before a marker)."""
    return f"{name} @ {url} ; {marker}" if marker else f"{name} @ {url}"


def git_url(repository: str, revision: str, subdirectory: str) -> str:
    """Return pip's URL for a revision in a git repository. A short ssh address becomes a URL."""
    if "://" not in repository and "@" in repository:  # git@host:path
        repository = "ssh://" + repository.replace(":", "/", 1)
    url = f"git+{repository}@{revision}"
    return f"{url}#subdirectory={subdirectory}" if subdirectory else url


def file_url(folder: Path, path: str) -> str:
    """Return the URL of a path that is relative to the function's folder."""
    return Path(os.path.normpath(folder / path)).as_uri()


def indexes(urls: Sequence[str]) -> list[str]:
    """Return the lines for package indexes. If PyPI is among them, it stays uv's default."""
    unique = list(dict.fromkeys(url.rstrip("/") for url in urls))
    pypi = urlsplit(PYPI).hostname
    others = [url for url in unique if urlsplit(url).hostname != pypi]
    if others and len(others) == len(unique):
        return [f"--index-url {others[0]}", *(f"--extra-index-url {url}" for url in others[1:])]
    return [f"--extra-index-url {url}" for url in others]


def parsed(texts: Iterable[str]) -> Iterator[Requirement]:
    """Yield the texts that are valid requirements (PEP 508), parsed."""
    for text in texts:
        try:
            yield Requirement(text)
        except InvalidRequirement:  # uv reports it
            continue


def names(texts: Iterable[str]) -> set[str]:
    """Return the normalized names of the required packages."""
    return {canonicalize_name(requirement.name) for requirement in parsed(texts)}


def environment(python_version: str) -> dict[str, str]:
    """Return the values of markers (PEP 508) for a Python version in the image."""
    minor = ".".join(python_version.split(".")[:2])
    found = {name: str(value) for name, value in default_environment().items()}
    return found | {"python_version": minor, "python_full_version": python_version}


@contextmanager
def written(lines: Iterable[str]) -> Iterator[Path]:
    """Yield a temporary requirements file with these lines."""
    with tempfile.NamedTemporaryFile("w", suffix="-requirements.txt") as file:
        file.write("\n".join(lines))
        file.flush()
        yield Path(file.name)


def install_locked(
    lines: Sequence[str],
    uv: Uv,
    cwd: Path,
    options: Sequence[str | Path],
    origin: RequirementsOrigin,
) -> None:
    """Install exactly the packages of a lock, with checked hashes.

    :raises BuildpackError: see uv/install_failures.py.
    """
    with written(_with_credentials(line, uv) for line in lines) as requirements:
        exact = ["--index-strategy", "unsafe-best-match"] if _is_exact(lines) else []
        uv.install(requirements, cwd, [*options, "--no-deps", *exact], origin=origin)


def _with_credentials(line: str, uv: Uv) -> str:
    """Return a line with expanded variables in the address of an index, as Pipenv does."""
    return named_indexes.expanded(line, uv.environ) if line.startswith("--") else line


def _is_exact(lines: Iterable[str]) -> bool:
    """Return whether each requirement has a hash or a URL. Lines with options do not count.

    If so, it does not matter from which index a package comes.
    """
    return all(line.startswith("--") or "--hash=" in line or " @ " in line for line in lines)
