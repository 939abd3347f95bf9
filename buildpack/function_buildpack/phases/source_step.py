"""Reading the function: what is there, and what is asked for."""

import os
from dataclasses import dataclass
from pathlib import Path

from function_buildpack.image import application
from function_buildpack.layers.build_context import Building
from function_buildpack.layers.dependencies import local_wheels
from function_buildpack.log import output, phrases
from function_buildpack.manifests import registry
from function_buildpack.manifests.registry import Declared
from function_buildpack.plan.plan import Plan
from function_buildpack.source import bindings, project, workspace
from function_buildpack.source.bindings import Bindings
from function_buildpack.source.project import Project
from function_buildpack.source.settings import Settings
from function_buildpack.source.workspace import Workspace
from function_buildpack.system import file_modes


@dataclass(frozen=True)
class Reading:
    """What was read.

    The workspace, the function in it, what declares its dependencies, wheels that came with it, and
    the platform's bindings.
    """

    workspace: Workspace
    function: Project
    declared: Declared
    wheels: Path | None
    bindings: Bindings


def read(building: Building) -> Reading:
    """Read the source.

    :raises BuildpackError: it is no function, or a file of it cannot be read.
    """
    context, settings = building.context, building.settings
    output.heading("Reading the function")
    _tell_settings(settings)
    if opened := file_modes.settle(context.app):
        output.line(f"Made readable for the image's user: {len(opened)} files")
    tell_writable(file_modes.writable(context.app), context.app)
    # In a pod, the folder of all layers is a volume that everybody can write to. The image gets
    # its mode.
    file_modes.close(context.layers.parent)
    found = workspace.locate(context.app, settings.function_path)
    function = project.read(found)
    wheels = local_wheels.locate(context.app, function.folder, settings.wheels)
    return Reading(
        found, function, registry.read(function), wheels, bindings.read(context.bindings)
    )


def tell_writable(paths: list[Path], app: Path) -> None:
    """Say what the image's user may be able to change, for the build cannot close it."""
    if paths:
        output.note(
            f"other users can write to what is another user's, in the image too: "
            f"{phrases.some([os.path.relpath(path, app) for path in paths])}"
        )


def _tell_settings(settings: Settings) -> None:
    if settings.given:
        output.line(f"Settings: {', '.join(settings.given)}")
    for name, meant in settings.misspelt.items():
        output.note(f"{name} is not a known setting and was ignored. Did you mean {meant}?")


def tell(chosen: Plan, found: Workspace, app: Path) -> None:
    """Say what function it is."""
    function = chosen.project
    output.line(f"Function: {function.package.relative_to(app)}")
    for path in found.shadowed:
        output.note(
            f"{path.relative_to(app)} is not the function: "
            f"{function.package.relative_to(app)} comes first"
        )
    if found.scaffolding:
        output.line("Scaffolding of func found: its service/ is replaced by this runtime")
    output.line(f"Invoked with: {chosen.invoke} ({chosen.invoke_reason})")


def tell_doubts(declared: Declared, app: Path) -> None:
    """Say what may not be meant as it is."""
    for name, meant in declared.misnamed.items():
        output.note(f"{name} is ignored. Did you mean {meant}?")
    for path in declared.project.hiding:
        output.note(
            f"{path.relative_to(app)} hides Python's own module {path.stem} from the function and "
            f"from all packages. Rename it if that is not meant."
        )


def remove_leftovers(app: Path, found: Workspace) -> None:
    """Remove what neither the image nor an installation gets, and say what the user had of it.

    What func wrote would be taken for the user's: its pyproject.toml, say.
    """
    removed = application.remove_leftovers(app, found.scaffolding)
    if had := [path for path in removed if path not in found.scaffolding]:
        output.line(phrases.left_out(had, app))
