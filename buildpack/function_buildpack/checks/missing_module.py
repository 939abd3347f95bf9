"""Looks for a module that the function imports and that is not there: in the source, in groups."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from function_buildpack import constants
from function_buildpack.plan.plan import Plan

# Files that keep parts of the source out of the build: pack's, and func's.
_EXCLUDING = ("project.toml", ".funcignore")
# Folders that are no part of what an author wrote, or too many to look at.
_SKIPPED = frozenset({"node_modules", "site-packages", constants.GIT})


@dataclass(frozen=True)
class Found:
    """Where a module may be: `places` are paths of the source, relative to its root.

    `settings` are NAME=VALUE, for groups that are not installed; `excluding` are files that keep a
    path with this name out of the build. `asking` asks for the first place as a package, and
    belongs in the file `ask_in`.
    """

    places: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    ask_in: str = ""
    asking: str = ""


def look(name: str, chosen: Plan, app: Path) -> Found:
    """Look for a module in the source `app`, and for a package that is called as the module is."""
    manifest, folder = chosen.manifest, chosen.project.folder
    places = sorted(_places(name, app))
    path = os.path.relpath(places[0], folder) if places else ""
    return Found(
        places=tuple(str(path.relative_to(app)) for path in places),
        settings=manifest.selecting(name),
        excluding=tuple(_excluding(name, app, folder)),
        ask_in=manifest.asked_in if path else "",
        asking=manifest.asking_for(places[0].name, path) if path else "",
    )


def _places(name: str, app: Path) -> Iterator[Path]:
    """Yield packages and modules with a name, whatever its case; those within a package are its."""
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
    """Yield the files that name something with the module's name among what they leave out."""
    for path in sorted({folder / file for folder in folders for file in _EXCLUDING}):
        lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
        stated = [line for line in lines if not line.lstrip().startswith(("#", "!"))]
        if any(name in line.replace("/", " ").replace('"', " ").split() for line in stated):
            yield path.name
