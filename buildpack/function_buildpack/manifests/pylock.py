"""pylock.toml (PEP 751), which uv installs itself: only what it knows, and whether it fits."""

from collections.abc import Iterable, Mapping
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from function_buildpack.source.schema import TEXTS, ListOf, Table

# What is read of the lock; uv reads the rest.
KIND = Table(
    {
        "extras": TEXTS,
        "dependency-groups": TEXTS,
        "default-groups": TEXTS,
        "packages": ListOf(Table({"name": str, "version": str}, required=("name",))),
    }
)


def extras(lock: Mapping[str, Any]) -> frozenset[str]:
    """Return the extras that the lock was made with."""
    return frozenset(canonicalize_name(name) for name in lock.get("extras", ()))


def groups(lock: Mapping[str, Any]) -> frozenset[str]:
    """Return the dependency groups that the lock was made with and that are not in it anyway."""
    default = lock.get("default-groups", ())
    return frozenset(
        canonicalize_name(name) for name in lock.get("dependency-groups", ()) if name not in default
    )


def unmet(
    lock: Mapping[str, Any], stated: Iterable[Requirement], environment: Mapping[str, str]
) -> list[str]:
    """Return the requirements that no package of the lock meets.

    The format keeps no hash of what it was made from, so this is how a stale one is told.
    """
    locked = [
        (canonicalize_name(package["name"]), package.get("version"))
        for package in lock.get("packages", ())
    ]
    return [
        str(requirement)
        for requirement in stated
        if requirement.marker is None or requirement.marker.evaluate(dict(environment))
        if not any(_meets(name, version, requirement) for name, version in locked)
    ]


def _meets(name: str, version: str | None, requirement: Requirement) -> bool:
    # A package from a folder may have no version in the lock.
    return name == canonicalize_name(requirement.name) and (
        version is None or requirement.specifier.contains(version, prereleases=True)
    )
