"""Debian packages by exact version: the pins of a lock, and differences from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.console import Failure


@dataclass(frozen=True, order=True)
class Package:
    """A package in an image."""

    name: str
    version: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} {self.sha256}"


def read(path: Path) -> list[Package]:
    """Read a lock, or the list of the packages in an image.

    :raises Failure: it is missing, or a line does not have three words
    """
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise Failure(
            "A list of packages cannot be read",
            f"Found: {path}: {error.strerror}",
            "Restore it (git checkout -- stack/locks), or create it: make lock-stack",
        ) from error
    try:
        return [Package(*line.split()) for line in lines if line and not line.startswith("#")]
    except TypeError as error:
        raise Failure(
            f"{path} is not a list of packages", "A line has name, version and SHA-256."
        ) from error


def preferences(lock: Iterable[Package]) -> str:
    """Return apt's preferences for the versions of a lock, if the archive has them.

    The format is in apt_preferences(5).
    """
    return "".join(
        f"Package: {package.name}\nPin: version {package.version}\nPin-Priority: 1001\n\n"
        for package in lock
    )


def changes(lock: Iterable[Package], found: Iterable[Package]) -> list[str]:
    """Return a line for each package that differs from the lock."""
    pinned = set(lock)
    versions = {package.name: package.version for package in pinned}
    return [
        f"{package.name}: {versions.get(package.name, 'not in the lock')} -> {package.version}"
        for package in sorted(set(found) - pinned)
    ]


def gone(lock: Iterable[Package], found: Iterable[Package]) -> list[str]:
    """Return a line for each package of the lock that is in no image."""
    names = {package.name for package in found}
    return [
        f"{package.name}: {package.version} -> gone"
        for package in lock
        if package.name not in names
    ]
