"""pyproject.toml without a lock: uv chooses the versions."""

from pathlib import Path

from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.log.errors.dependencies import LockMissing
from function_buildpack.manifests.manifest import Installation, Manifest, SelectionChoices
from function_buildpack.source import local_packages
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.source.pyproject import Pyproject
from function_buildpack.source.settings import Selection
from function_buildpack.uv import named_indexes

# How uv declares a package in a folder.
LOCAL_PACKAGE = 'dependencies = ["{0}"]\n[tool.uv.sources]\n{0} = {{ path = "{1}" }}'


def read(project: Project, path: Path) -> Manifest | None:
    """Return pyproject.toml, if it declares dependencies."""
    del path
    return PyprojectToml(project) if _declares_dependencies(project.pyproject) else None


def _declares_dependencies(declared: Pyproject) -> bool:
    # Without a project table, the build backend may know dependencies (Poetry 1, setuptools).
    return (
        "dependencies" in declared.project
        or "dependencies" in declared.dynamic
        or bool(declared.project and (declared.extras or declared.groups))
        or (not declared.project and declared.has_build_system)
    )


class PyprojectToml(Manifest):
    """The dependencies in the project table, or those that a build backend computes."""

    name = declared_in = constants.PYPROJECT
    local_package = LOCAL_PACKAGE
    takes_constraints = True

    def check(self, python_version: str) -> None:
        """Check that no lock of Poetry is required. :raises LockMissing: it is."""
        super().check(python_version)
        if _is_for_poetry_alone(self.project.pyproject):
            raise self._lock_missing()

    def check_selection(self, selection: Selection) -> None:
        """Check that the selected extras and groups exist; see Manifest.

        Groups of Poetry can be installed only from a lock.
        """
        if unknown := selection.groups - self.selectable.groups:
            from function_buildpack.manifests import poetry1_lock  # noqa: PLC0415 -- for an error

            if unlocked := unknown & poetry1_lock.groups(self.project.pyproject):
                raise self._lock_missing(tuple(sorted(unlocked)))
        super().check_selection(selection)

    def _lock_missing(self, groups: tuple[str, ...] = ()) -> LockMissing:
        lock, command = constants.POETRY_LOCK, "poetry lock"
        return LockMissing(self.project.pyproject_path, lock, command, groups)

    @property
    def selectable(self) -> SelectionChoices:
        """The extras of the project table, and the dependency groups."""
        return selectable(self.project.pyproject)

    @property
    def default_groups(self) -> frozenset[str]:
        """The default groups of uv."""
        return default_groups(self.project.pyproject)

    def requirements(self, locked: object) -> list[str]:
        """Return the dependencies of the project table."""
        del locked
        return [*self.project.pyproject.dependencies]

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return the paths in the tables, and those of the local packages there."""
        project = self.project
        found = local_packages.named_by(project.folder, around)
        if not project.pyproject.is_static:  # then the backend may read all tables
            found.add(project.pyproject_path)
        return local_packages.followed(found, around)

    def runs_backend(self, around: ReferenceResolver, named: set[Path]) -> bool:
        """Return whether the dependencies are dynamic."""
        del named
        return local_packages.computes(self.project.folder, around)

    def install(self, wanted: Installation) -> None:
        """Install the versions that uv chooses."""
        install(self, wanted)


def install(manifest: Manifest, wanted: Installation, options: tuple[str, ...] = ()) -> None:
    """Install from a file that uv reads, with the indexes of other tools in pyproject.toml."""
    others = named_indexes.of_other_tools(manifest.project.pyproject)
    uv = wanted.uv.with_constraints(wanted.constraints).with_extra_indexes(others)
    folder = manifest.project.folder
    uv.install(manifest.path, folder, [*options, *wanted.options], wanted.selection)


def selectable(declared: Pyproject) -> SelectionChoices:
    """Return the extras and groups of pyproject.toml."""
    groups = set(declared.groups)
    if "dev-dependencies" in declared.table("tool", "uv"):
        groups.add("dev")
    is_dynamic = not declared.project or "optional-dependencies" in declared.dynamic
    return SelectionChoices(
        None if is_dynamic else frozenset(map(canonicalize_name, declared.extras)),
        frozenset(map(canonicalize_name, groups)),
    )


def default_groups(declared: Pyproject) -> frozenset[str]:
    """Return the groups that uv installs by default."""
    found = declared.table("tool", "uv").get("default-groups", [])
    # The only text that uv allows is "all".
    is_all = isinstance(found, str)
    return selectable(declared).groups if is_all else frozenset(map(canonicalize_name, found))


def _is_for_poetry_alone(declared: Pyproject) -> bool:
    """Return whether Poetry's table has dependencies that its build backend does not report.

    If there is a project table, the backend reports them only if they are dynamic there. Otherwise
    Poetry's table has only the sources of the project's dependencies (a folder, an index).
    """
    poetry = declared.table("tool", "poetry")
    backend = declared.build_system.get("build-backend", "poetry")
    is_package = poetry.get("package-mode", True) and declared.has_build_system
    is_reported = is_package and (not declared.project or "dependencies" in declared.dynamic)
    others = poetry.get("dependencies", {}).keys() - {"python"}
    return bool(others) and backend.startswith("poetry") and not is_reported


class NoManifest(PyprojectToml):
    """No file declares dependencies, or only one that requires a lock."""

    name = ""
    declared_in = constants.REQUIREMENTS
    local_package = Manifest.local_package
    takes_constraints = False
    is_pinned = True

    def check(self, python_version: str) -> None:
        """Check that no lock is required. :raises LockMissing: it is."""
        pipfile = self.project.folder / constants.PIPFILE
        if pipfile.is_file():
            raise LockMissing(pipfile, constants.PIPFILE_LOCK, "pipenv lock")
        super().check(python_version)

    @property
    def selectable(self) -> SelectionChoices:
        """No extras and groups."""
        return SelectionChoices()

    @property
    def default_groups(self) -> frozenset[str]:
        """No groups."""
        return frozenset()

    def requirements(self, locked: object) -> list[str]:
        """Return nothing."""
        del locked
        return []

    def local_inputs(self, around: ReferenceResolver) -> set[Path]:
        """Return nothing."""
        del around
        return set()

    def runs_backend(self, around: ReferenceResolver, named: set[Path]) -> bool:
        """Return False."""
        del around, named
        return False

    def install(self, wanted: Installation) -> None:
        """Do nothing."""
