"""The distribution files of packages, and the one that an installed package comes from."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)

from function_buildpack.image.distributions import Distribution

_Key = tuple[str, str]  # name and version


@dataclass(frozen=True)
class Artifacts:
    """Distribution files by package, each with its SHA-256."""

    files: Mapping[_Key, Mapping[str, str]] = field(default_factory=dict)

    def sha256_of(self, installed: Distribution) -> str:
        """Return the SHA-256 of the file that was installed. Empty if it is unknown.

        The tags in the installed `WHEEL` file identify a wheel. If there are no wheels, the package
        was built from the source distribution.
        """
        found = self.files.get(_key_of(installed.name, installed.version), {})
        wheels = {name: sha256 for name, sha256 in found.items() if name.endswith(".whl")}
        if not wheels:
            return next(iter(found.values()), "")
        fitting = [
            sha256
            for name, sha256 in wheels.items()
            if parse_wheel_filename(name)[3] == installed.tags
        ]
        return fitting[0] if len(fitting) == 1 else ""


def of_packages(packages: Iterable[Mapping[str, Any]]) -> Artifacts:
    """Read the files of a lock's packages, in the form of uv.lock, pylock.toml or poetry.lock."""
    return _by_package(dict(part for package in packages for part in _files(package)))


def in_folder(wheels: Path) -> Artifacts:
    """Read a folder of wheels."""
    return _by_package(
        {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in wheels.glob("*.whl")}
    )


def _files(package: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    files = [*package.get("wheels", ()), *package.get("files", ())]
    if sdist := package.get("sdist"):
        files.append(sdist)
    for file in files:
        where = next((file[key] for key in ("name", "file", "path", "url") if key in file), "")
        found = file.get("hashes", {}).get("sha256") or file.get("hash", "")
        algorithm, _, digest = found.rpartition(":")
        if digest and algorithm in ("", "sha256"):
            yield unquote(urlsplit(where).path.rpartition("/")[2]), digest


def _by_package(files: Mapping[str, str]) -> Artifacts:
    found: dict[_Key, dict[str, str]] = {}
    for name, sha256 in sorted(files.items()):
        if key := _key(name):
            found.setdefault(key, {})[name] = sha256
    return Artifacts(found)


def _key(filename: str) -> _Key | None:
    try:
        if filename.endswith(".whl"):
            name, version, *_ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return _key_of(name, str(version))


def _key_of(name: str, version: str) -> _Key:
    return canonicalize_name(name), canonicalize_version(version)
