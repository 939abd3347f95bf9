"""Reads the installed packages of a folder. Facts only.

Core metadata (PEP 566 and later), `WHEEL` (PEP 427) and `direct_url.json` (PEP 610).
"""

import csv
import importlib.metadata
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.tags import Tag, parse_tag

from function_buildpack.image import licenses
from function_buildpack.image.licenses import License
from function_buildpack.log import url_redaction


@dataclass(frozen=True)
class DirectUrl:
    """The origin of a package that is not from an index. Local packages have no address."""

    address: str = ""
    commit: str = ""
    # The requested branch, tag or commit, if any.
    revision: str = ""
    sha256: str = ""

    @property
    def is_pinned(self) -> bool:
        """Whether the requirement pins the commit, which may be abbreviated."""
        return bool(self.revision) and self.commit.startswith(self.revision)


@dataclass(frozen=True)
class Distribution:
    """An installed package."""

    name: str
    version: str
    license: License
    tags: frozenset[Tag] = frozenset()
    origin: DirectUrl | None = None


def installed(folder: Path) -> list[Distribution]:
    """Return the packages of a folder, sorted by name."""
    found = importlib.metadata.distributions(path=[str(folder)])
    return sorted(_read(found), key=lambda item: (item.name.lower(), item.version))


def owners(folder: Path, files: Iterable[Path]) -> dict[Path, Distribution]:
    """Return the package of each file, from the packages' RECORD files (PEP 376).

    Paths are relative to the folder. A file in no RECORD has no package.
    """
    wanted = {str(path): path for path in files}
    found: dict[Path, Distribution] = {}
    for item in importlib.metadata.distributions(path=[str(folder)]):
        record = csv.reader((item.read_text("RECORD") or "").splitlines())
        held = wanted.keys() & {path for path, *_ in record}
        found |= {wanted[path]: package for package in _read([item]) for path in held}
    return found


def providing(folder: Path, modules: Iterable[str]) -> dict[str, str]:
    """Return the package of each of these modules that is in a folder.

    Local packages do not count: the function itself may be one.
    """
    there = {name for name in modules if (folder / name).is_dir() or _module(folder, name)}
    return {
        name: item.metadata["Name"]
        for item in (importlib.metadata.distributions(path=[str(folder)]) if there else ())
        if item.read_text("direct_url.json") is None
        for file in item.files or ()
        if (name := file.parts[0].removesuffix(".py")) in there
    }


def built_from(site: Path, folder: Path) -> list[str]:
    """Return the names of the packages that were built from a folder (PEP 610)."""
    return [
        item.metadata["Name"]
        for item in importlib.metadata.distributions(path=[str(site)])
        if (text := item.read_text("direct_url.json"))
        and Path(unquote(urlsplit(json.loads(text)["url"]).path)).resolve() == folder.resolve()
    ]


def _module(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file()


def _read(found: Iterable[importlib.metadata.Distribution]) -> Iterator[Distribution]:
    for item in found:
        metadata = item.metadata
        if "Name" not in metadata or "Version" not in metadata:  # a broken dist-info folder
            continue
        yield Distribution(
            name=metadata["Name"],
            version=metadata["Version"],
            license=licenses.declared(
                "".join(metadata.get_all("License-Expression") or []),
                "".join(metadata.get_all("License") or []),
                metadata.get_all("Classifier") or [],
            ),
            tags=_tags(item.read_text("WHEEL") or ""),
            origin=_origin(item.read_text("direct_url.json")),
        )


def _tags(wheel: str) -> frozenset[Tag]:
    """Return the tags in a `WHEEL` file."""
    lines = (line.partition(":") for line in wheel.splitlines())
    return frozenset(
        tag for key, _, value in lines if key == "Tag" for tag in parse_tag(value.strip())
    )


def _origin(direct_url: str | None) -> DirectUrl | None:
    if direct_url is None:
        return None
    content = json.loads(direct_url)
    address = url_redaction.public(content.get("url", ""))
    if vcs := content.get("vcs_info"):
        where = f"{vcs['vcs']}+{address}" if address else ""
        return DirectUrl(where, vcs["commit_id"], vcs.get("requested_revision") or "")
    hashes = content.get("archive_info", {}).get("hashes", {})
    return DirectUrl(address, sha256=hashes.get("sha256", ""))
