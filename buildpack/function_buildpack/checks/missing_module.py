"""Searches for a module that the function cannot import: in the source, in unselected groups."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from function_buildpack import constants
from function_buildpack.plan.plan import Plan

# Files of pack and func that exclude parts of the source from the build.
_EXCLUDING = ("project.toml", ".funcignore")
# Folders that the author did not write.
_SKIPPED = frozenset({"node_modules", "site-packages", constants.GIT})


@dataclass(frozen=True)
class ModuleHints:
    """Where a module may be: `places` are paths in the source, relative to its root.

    `settings` are NAME=VALUE, for groups that are not installed. `excluding` are files that exclude
    a path with this name from the build. `declaration` declares the first place as a package, and
    belongs in the file `declare_in`.
    """

    places: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    declare_in: str = ""
    declaration: str = ""


def search(name: str, chosen: Plan, app: Path) -> ModuleHints:
    """Search for a module in the source `app`, and for a package with the name of the module."""
    manifest, folder = chosen.manifest, chosen.project.folder
    places = sorted(_places(name, app))
    path = os.path.relpath(places[0], folder) if places else ""
    return ModuleHints(
        places=tuple(str(path.relative_to(app)) for path in places),
        settings=manifest.settings_for(name),
        excluding=tuple(_excluding(name, app, folder)),
        declare_in=manifest.declared_in if path else "",
        declaration=manifest.declaration_of(places[0].name, path) if path else "",
    )


def _places(name: str, app: Path) -> Iterator[Path]:
    """Yield the paths of packages and modules with a name, in upper or lower case."""
    wanted = {name.lower(), f"{name}.py".lower()}
    for parent, folders, files in os.walk(app):
        here = Path(parent)
        folders[:] = sorted(
            each for each in folders if each not in _SKIPPED and not each.startswith(".")
        )
        yield from (here / each for each in files if each.lower() in wanted)
        yield from (
            here / each
            for each in folders
            if each.lower() in wanted and any((here / each).glob("*.py"))
        )


def _excluding(name: str, *folders: Path) -> Iterator[str]:
    """Yield the files that exclude a path with the module's name."""
    for path in sorted({folder / file for folder in folders for file in _EXCLUDING}):
        lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
        patterns = [line for line in lines if not line.lstrip().startswith(("#", "!"))]
        if any(name in line.replace("/", " ").replace('"', " ").split() for line in patterns):
            yield path.name
