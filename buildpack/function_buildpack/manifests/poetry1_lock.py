"""poetry.lock of Poetry 1.5 to 1.8 (lock-version 2.0), which does not have the groups of packages.

So the needed packages are found by following the dependencies in pyproject.toml, as Poetry does.
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
# The dependencies of a package: each has a version, a table, or several of both.
NEEDS = Table(others=(str, _NEED, ListOf((str, _NEED))))

_Package = Mapping[str, Any]


class _Need(NamedTuple):
    """A dependency: the name of a package, and the table that declares it."""

    name: str
    table: Mapping[str, Any]

    @property
    def extras(self) -> frozenset[str]:
        return frozenset(canonicalize_name(name) for name in self.table.get("extras", ()))


def groups(declared: Pyproject) -> frozenset[str]:
    """Return the groups in pyproject.toml, except the main one."""
    return frozenset(
        canonicalize_name(name) for name, _ in _groups(declared.table("tool", "poetry"))
    )


def wanted(
    lock: Mapping[str, Any],
    declared: Pyproject,
    selection: Selection,
    environment: Mapping[str, str],
) -> list[_Package]:
    """Return the locked packages that the main group and a selection need.

    `environment` has the values of markers.
    """
    packages: dict[str, list[_Package]] = {}
    for package in lock["package"]:
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
        for package in lock["package"]
        if (canonicalize_name(package["name"]), package["version"]) in seen
    ]


def _groups(table: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, group in table.get("group", {}).items():
        yield name, group.get("dependencies", {})
    if "dev-dependencies" in table:  # Poetry before 1.2
        yield "dev", table["dev-dependencies"]


def _asked_for(
    table: Mapping[str, Any], selection: Selection, environment: Mapping[str, str]
) -> Iterator[_Need]:
    """Yield the direct dependencies in pyproject.toml. Optional ones need a selected extra.

    One of them is python, which no lock has.
    """
    selected = {
        canonicalize_name(name)
        for extra, names in table.get("extras", {}).items()
        if canonicalize_name(extra) in selection.extras
        for name in names
    }
    for need in _needs(table.get("dependencies", {}), frozenset(), environment):
        if not need.table.get("optional") or need.name in selected:
            yield need
    for name, dependencies in _groups(table):
        if canonicalize_name(name) in selection.groups:
            yield from _needs(dependencies, frozenset(), environment)


def _needs(
    dependencies: Mapping[str, Any], extras: frozenset[str], environment: Mapping[str, str]
) -> Iterator[_Need]:
    for name, entries in dependencies.items():
        for entry in entries if isinstance(entries, list) else [entries]:
            table = entry if isinstance(entry, Mapping) else {"version": entry}
            if _holds(table, extras, environment):
                yield _Need(canonicalize_name(name), table)


def _holds(
    table: Mapping[str, Any], extras: frozenset[str], environment: Mapping[str, str]
) -> bool:
    """Return whether a dependency is for this environment: by its marker, python and platform."""
    marker = Marker(table["markers"]) if table.get("markers") else None
    return (
        table.get("platform", environment["sys_platform"]) == environment["sys_platform"]
        and poetry_versions.allow(
            table.get("python", "*"), environment["python_full_version"], of_python=True
        )
        and (
            marker is None
            or any(marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras))
        )
    )


def _meeting(candidates: list[_Package], need: _Need) -> list[_Package]:
    """Return the packages that match. Only of several with the same name is the version checked."""
    if len(candidates) == 1:
        return candidates
    constraint = need.table.get("version", "*")
    return [item for item in candidates if poetry_versions.allow(constraint, item["version"])]
