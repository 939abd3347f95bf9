"""pylock.toml (PEP 751). uv installs it. This module checks it and reads what the build needs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.image import artifacts
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.log.errors.dependencies import LockOutdated
from function_buildpack.manifests import pyproject_toml, requirement_lines
from function_buildpack.manifests.manifest import Installation, Manifest, SelectionChoices
from function_buildpack.source import decoding, local_packages
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.source.schema import TEXTS, ListOf, Table


def read(project: Project, path: Path) -> Manifest:
    """Read the file."""
    return Pylock(project, decoding.toml(path))


class Pylock(Manifest):
    """A lock that several tools write."""

    name = constants.PYLOCK
    declared_in = constants.PYPROJECT
    is_lock = True
    # By default uv exports the dev group, too.
    command = f"uv export --no-dev --no-emit-project -o {constants.PYLOCK}"
    # The fields that are read here. uv reads the others.
    shape = Table(
        {
            "extras": TEXTS,
            "dependency-groups": TEXTS,
            "default-groups": TEXTS,
            "packages": ListOf(Table({"name": str, "version": str}, required=("name",))),
        }
    )
    local_package = pyproject_toml.LOCAL_PACKAGE

    def check(self, python_version: str) -> None:
        """Check that it matches the dependencies in pyproject.toml; see Manifest."""
        super().check(python_version)
        requirements = requirement_lines.parsed(self.project.pyproject.dependencies)
        values = requirement_lines.environment(python_version)
        if missing := unmet(self.content, requirements, values):
            found = "not locked: " + ", ".join(missing)
            raise LockOutdated(self.path, self.project.pyproject_path, self.command, found)

    @property
    def selectable(self) -> SelectionChoices:
        """The extras and groups of the lock, except groups that are always installed."""
        return SelectionChoices(extras(self.content), groups(self.content))

    def requirements(self, locked: object) -> list[str]:
        """Return the names of all packages."""
        del locked
        return [package["name"] for package in self.content.get("packages", ())]

    @property
    def requires_python(self) -> object:
        """The requires-python of the lock."""
        return self.content.get("requires-python", "")

    @property
    def artifacts(self) -> Artifacts:
        """The files of all packages."""
        return artifacts.of_packages(self.content.get("packages", ()))

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return the lock and the paths in it."""
        places = local_packages.in_lock(self.content)
        return {self.path, *around.paths(places, self.project.folder)}

    def install(self, wanted: Installation) -> None:
        """Install it with uv."""
        pyproject_toml.install(self, wanted, ("--preview-features", "pylock"))


def extras(lock: Mapping[str, Any]) -> frozenset[str]:
    """Return the extras in the lock."""
    return frozenset(canonicalize_name(name) for name in lock.get("extras", ()))


def groups(lock: Mapping[str, Any]) -> frozenset[str]:
    """Return the dependency groups in the lock that are not installed by default."""
    default = lock.get("default-groups", ())
    return frozenset(
        canonicalize_name(name) for name in lock.get("dependency-groups", ()) if name not in default
    )


def unmet(
    lock: Mapping[str, Any], requirements: Iterable[Requirement], environment: Mapping[str, str]
) -> list[str]:
    """Return the requirements that no package of the lock matches.

    The format has no hash of the file that it was made from, so this detects an outdated lock.
    """
    locked = [
        (canonicalize_name(package["name"]), package.get("version"))
        for package in lock.get("packages", ())
    ]
    return [
        str(requirement)
        for requirement in requirements
        if requirement.marker is None or requirement.marker.evaluate(dict(environment))
        if not any(_meets(name, version, requirement) for name, version in locked)
    ]


def _meets(name: str, version: str | None, requirement: Requirement) -> bool:
    # The lock may have no version for a package from a folder.
    return name == canonicalize_name(requirement.name) and (
        version is None or requirement.specifier.contains(version, prereleases=True)
    )
