"""The first step: reads the source, the settings and the bindings."""

import os
from dataclasses import dataclass
from pathlib import Path

from function_buildpack.image import application
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.dependencies import local_wheels
from function_buildpack.log import output, phrases
from function_buildpack.manifests import registry
from function_buildpack.manifests.registry import Manifests
from function_buildpack.plan.plan import Plan
from function_buildpack.source import bindings, project, workspace
from function_buildpack.source.bindings import Bindings
from function_buildpack.source.project import Project
from function_buildpack.source.settings import Settings
from function_buildpack.source.workspace import Workspace
from function_buildpack.system import file_modes


@dataclass(frozen=True)
class FunctionSource:
    """The workspace, its function and manifests, a folder of local wheels, and the bindings."""

    workspace: Workspace
    function: Project
    declared: Manifests
    wheels: Path | None
    bindings: Bindings


def read(build: Build) -> FunctionSource:
    """Read the source.

    :raises BuildpackError: it is not a function, or a file of it cannot be read.
    """
    context, settings = build.context, build.settings
    output.heading("Reading the function")
    output.debug(f"Variables of the build: {', '.join(sorted(context.environ))}")
    _log_settings(settings)
    if opened := file_modes.normalize(context.app):
        output.line(f"Made {phrases.count(opened, 'file')} readable for the image's user")
    warn_about_writable(file_modes.writable(context.app), context.app)
    # In a pod, the folder of all layers is a volume that everybody can write to, and the image
    # would get that mode.
    file_modes.close(context.layers.parent)
    found = workspace.locate(context.app, settings.function_path)
    function = project.read(found)
    wheels = local_wheels.locate(context.app, function.folder, settings.wheels)
    return FunctionSource(
        found, function, registry.read(function), wheels, bindings.read(context.bindings)
    )


def warn_about_writable(paths: list[Path], app: Path) -> None:
    """Warn about files that the image's user may change: the build cannot set their mode."""
    if paths:
        output.note(
            f"Other users can write to these files, in the image too: "
            f"{phrases.some([os.path.relpath(path, app) for path in paths])}. The build cannot "
            f"change that, because another user owns them."
        )


def _log_settings(settings: Settings) -> None:
    if settings.given:
        given = (phrases.setting(name, value) for name, value in settings.given.items())
        output.line(f"Settings: {', '.join(given)}")
    for name, meant in settings.misspelt.items():
        output.note(f"Unknown setting {name} was ignored. Did you mean {meant}?")


def log_function(chosen: Plan, found: Workspace, app: Path) -> None:
    """Log which function is built, and how it is invoked."""
    function = chosen.project
    output.line(f"Function: {function.package.relative_to(app)}")
    for path in found.shadowed:
        output.note(
            f"{path.relative_to(app)} is ignored, because "
            f"{function.package.relative_to(app)} comes first"
        )
    if found.scaffolding:
        output.line("Found func's scaffolding: this runtime replaces its service/")
    output.line(f"Invocation: {chosen.invoke} ({chosen.invoke_reason})")


def warn_about_names(declared: Manifests, app: Path) -> None:
    """Warn about files that are probably a mistake."""
    for name, meant in declared.misnamed.items():
        output.note(f"{name} is ignored. Did you mean {meant}?")
    for path in declared.project.hiding:
        output.note(
            f"{path.relative_to(app)} hides the standard library's module {path.stem} from the "
            f"function and from all packages. Rename it, unless you intend that."
        )


def remove_leftovers(app: Path, found: Workspace) -> None:
    """Remove files of tools and of func's scaffolding from the source, and log the former.

    The build would mistake func's files, such as its pyproject.toml, for the user's.
    """
    removed = application.remove_leftovers(app, found.scaffolding)
    if of_user := [path for path in removed if path not in found.scaffolding]:
        output.line(phrases.not_in_image(of_user, app))
