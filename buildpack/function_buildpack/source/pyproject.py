"""pyproject.toml: its schema, and the meaning of its tables."""

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.log.errors.source import FieldInvalid, FileInvalid
from function_buildpack.source import decoding, schema
from function_buildpack.source.schema import TEXTS, ListOf, Table


@dataclass(frozen=True)
class Pyproject:
    """A pyproject.toml. A missing one counts as empty.

    The types of values that the build reads are checked, so no other module checks them again.
    """

    content: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Pyproject":
        """Read a file. The result is cached.

        :raises FileInvalid: it is not TOML. :raises FieldInvalid: a field has a wrong type.
        """
        if not path.is_file():
            return cls()
        found = path.stat()
        return _read(path, (found.st_ino, found.st_size, found.st_mtime_ns))

    def table(self, *keys: str) -> Mapping[str, Any]:
        """Return a table within tables, such as a tool's. Empty if it is missing."""
        return table(self.content, *keys)

    @property
    def has_project(self) -> bool:
        """Whether there is a project table, which may be empty."""
        return "project" in self.content

    @property
    def has_build_system(self) -> bool:
        """Whether there is a build-system table, which may be empty."""
        return "build-system" in self.content

    @property
    def project(self) -> Mapping[str, Any]:
        """The project table."""
        return self.table("project")

    @property
    def name(self) -> str:
        """The normalized name of the package. Empty if it has none."""
        return canonicalize_name(str(self.project.get("name", "")))

    @property
    def dependencies(self) -> Sequence[str]:
        """The dependencies of the project table."""
        found: Sequence[str] = self.project.get("dependencies", ())
        return found

    @property
    def extras(self) -> Mapping[str, Sequence[str]]:
        """The optional dependencies of the project table."""
        return table(self.project, "optional-dependencies")

    @property
    def groups(self) -> Mapping[str, Sequence[Any]]:
        """The dependency groups (PEP 735): requirements, and tables that include another group."""
        return self.table("dependency-groups")

    @property
    def dynamic(self) -> Sequence[str]:
        """The fields of the project table that the build backend computes."""
        found: Sequence[str] = self.project.get("dynamic", ())
        return found

    @property
    def build_system(self) -> Mapping[str, Any]:
        """The build-system table."""
        return self.table("build-system")

    @property
    def is_static(self) -> bool:
        """Whether the project table has all dependencies, so that no build backend runs."""
        dynamic = {"dependencies", "optional-dependencies"} & {*self.dynamic}
        return bool(self.project) and not dynamic

    @property
    def is_computed(self) -> bool:
        """Whether only the build backend knows the dependencies. Poetry's has a table for them."""
        backend = str(self.build_system.get("build-backend"))
        is_poetry = "poetry" in backend and bool(self.table("tool", "poetry"))
        return not (self.is_static or is_poetry)

    @property
    def workspace(self) -> Mapping[str, Any]:
        """The table of a uv workspace."""
        return self.table("tool", "uv", "workspace")

    @property
    def from_workspace(self) -> set[str]:
        """The packages that come from the workspace (tool.uv.sources)."""
        return {
            canonicalize_name(package)
            for package, declared in self.table("tool", "uv", "sources").items()
            for source in (declared if isinstance(declared, list) else [declared])  # for markers
            if isinstance(source, Mapping) and source.get("workspace")
        }


@lru_cache(maxsize=64)
def _read(path: Path, identity: tuple[int, ...]) -> Pyproject:
    """Read a file. `identity` is part of the cache's key and changes with the file."""
    del identity
    content = decoding.toml(path)
    if not schema.is_sound(content):
        raise FileInvalid(path, "TOML", "it is nested too deeply, or a number is too large")
    for found in schema.mismatches(content, _SHAPE):
        raise FieldInvalid(path, found.path, found.found, found.expected)
    return Pyproject(content)


_SHAPE = Table(
    {
        "project": Table(
            {
                "requires-python": str,
                "dependencies": TEXTS,
                "optional-dependencies": Table(others=TEXTS),
                "dynamic": TEXTS,
            }
        ),
        "build-system": Table({"build-backend": str, "requires": TEXTS}),
        "dependency-groups": Table(others=ListOf((str, Table()))),
        "tool": Table(
            {
                "uv": Table(
                    {
                        "cache-keys": ListOf((str, Table())),
                        "default-groups": (TEXTS, str),
                        "dev-dependencies": TEXTS,
                        "sources": Table(),
                        "workspace": Table({"members": TEXTS, "exclude": TEXTS}),
                    }
                ),
                "poetry": Table(
                    {
                        "dependencies": Table(),
                        "dev-dependencies": Table(),
                        "group": Table(others=Table({"dependencies": Table()})),
                        "extras": Table(others=TEXTS),
                    }
                ),
            }
        ),
    }
)


def table(data: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """Return a table within tables. Empty if it is missing or not a table."""
    for key in keys:
        found = data.get(key)
        data = found if isinstance(found, Mapping) else {}
    return data


def workspace_root(folder: Path) -> Path | None:
    """Return the root of the uv workspace with this folder as a member, by uv's rules."""
    for parent in folder.parents:
        if workspace := Pyproject.read(parent / constants.PYPROJECT).workspace:
            return parent if folder in members(parent, workspace) else None
    return None


def members(root: Path, workspace: Mapping[str, Any]) -> set[Path]:
    """Return the members of a uv workspace, from its table in the root's pyproject.toml."""
    included, excluded = (
        {
            Path(os.path.normpath(root / found))
            for pattern in workspace.get(key, ())
            for found in glob.glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207
        }
        for key in ("members", "exclude")
    )
    return included - excluded
