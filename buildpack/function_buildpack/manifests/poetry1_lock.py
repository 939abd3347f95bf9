"""poetry.lock, as Poetry 1.5 to 1.8 write it (lock-version 2.0): who needs a package is not in it.

So that is followed from what pyproject.toml asks for, as Poetry itself does.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from function_buildpack.manifests import poetry_versions
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.source.schema import TEXTS, ListOf, Table
from function_buildpack.source.settings import Selection

_NEED = Table({"version": str, "extras": TEXTS, "markers": str, "python": str, "platform": str})
# What a package is said to need: a version or more of each, or several of both.
NEEDS = Table(others=(str, _NEED, ListOf((str, _NEED))))

_Package = Mapping[str, Any]


class _Need(NamedTuple):
    """A package that is asked for: what is said of it, and which extras of it are wanted."""

    name: str
    stated: Mapping[str, Any]

    @property
    def extras(self) -> frozenset[str]:
        return frozenset(canonicalize_name(name) for name in self.stated.get("extras", ()))


def groups(declared: Pyproject) -> frozenset[str]:
    """Return the groups that pyproject.toml has, besides the main one."""
    return frozenset(
        canonicalize_name(name) for name, _ in _groups(declared.table("tool", "poetry"))
    )


def wanted(
    lock: Mapping[str, Any],
    declared: Pyproject,
    selection: Selection,
    environment: Mapping[str, str],
) -> list[_Package]:
    """Return the locked packages that the main group and a selection need, as they are locked.

    `environment` has the values of markers.
    """
    packages: dict[str, list[_Package]] = {}
    for package in lock.get("package", ()):
        packages.setdefault(canonicalize_name(package["name"]), []).append(package)
    needs = [*_asked_for(declared.table("tool", "poetry"), selection, environment)]
    seen: dict[tuple[str, str], frozenset[str]] = {}
    while needs:
        need = needs.pop()
        for package in _meeting(packages.get(need.name, []), need):
            key = (need.name, package["version"])
            if key not in seen or need.extras - seen[key]:
                extras = seen[key] = seen.get(key, frozenset()) | need.extras
                needs += _needs(package.get("dependencies", {}), extras, environment)
    return [
        package
        for package in lock.get("package", ())
        if (canonicalize_name(package["name"]), package["version"]) in seen
    ]


def _groups(table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, group in table.get("group", {}).items():
        yield name, group.get("dependencies", {})
    if "dev-dependencies" in table:  # of Poetry before 1.2
        yield "dev", table["dev-dependencies"]


def _asked_for(
    table: Mapping[str, Any], selection: Selection, environment: Mapping[str, str]
) -> Iterator[_Need]:
    """Yield what pyproject.toml asks for itself; what is optional only for a selected extra."""
    selected = {
        canonicalize_name(name)
        for extra, names in table.get("extras", {}).items()
        if canonicalize_name(extra) in selection.extras
        for name in names
    }
    for need in _needs(table.get("dependencies", {}), frozenset(), environment):
        if need.name != "python" and (not need.stated.get("optional") or need.name in selected):
            yield need
    for name, stated in _groups(table):
        if canonicalize_name(name) in selection.groups:
            yield from _needs(stated, frozenset(), environment)


def _needs(
    stated: Mapping[str, Any], extras: frozenset[str], environment: Mapping[str, str]
) -> Iterator[_Need]:
    for name, entries in stated.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            table = entry if isinstance(entry, Mapping) else {"version": entry}
            if _holds(table, extras, environment):
                yield _Need(canonicalize_name(name), table)


def _holds(
    stated: Mapping[str, Any], extras: frozenset[str], environment: Mapping[str, str]
) -> bool:
    """Say whether something is needed here: by its marker, or Poetry's own short forms of one."""
    marker = Marker(stated["markers"]) if stated.get("markers") else None
    return (
        stated.get("platform", environment["sys_platform"]) == environment["sys_platform"]
        and poetry_versions.allow(stated.get("python", "*"), environment["python_full_version"])
        and (
            marker is None
            or any(marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras))
        )
    )


def _meeting(candidates: list[_Package], need: _Need) -> list[_Package]:
    """Return the package that is meant; of several of a name, those of a fitting version."""
    if len(candidates) == 1:
        return candidates
    constraint = need.stated.get("version", "*")
    return [item for item in candidates if poetry_versions.allow(constraint, item["version"])]
