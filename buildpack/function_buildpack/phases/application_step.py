"""The function's own source."""

from concurrent.futures import Future
from functools import partial
from pathlib import Path

from function_buildpack.image import application
from function_buildpack.image.bytecode import Compiled
from function_buildpack.layers.build_context import Building
from function_buildpack.layers.dependencies import local_wheels
from function_buildpack.log import output, phrases
from function_buildpack.source.project import Project
from function_buildpack.system.background import Background
from function_buildpack.system.interpreter import Interpreter


def prepare(building: Building, wheels: Path | None) -> None:
    """Take out of the source what the image does not need, and say what is doubtful of the rest."""
    app = building.context.app
    output.heading("Application")
    if history := application.remove_history(app):
        output.line(phrases.left_out(history, app))
    if wheels:
        local_wheels.remove(wheels)
    if stray := [str(path.relative_to(app)) for path in application.stray_links(app)]:
        output.note(f"links that lead nowhere or out of the source: {phrases.some(stray)}")
    if large := application.large_files(app):
        sizes = [f"{path.relative_to(app)} ({size >> 20} MB)" for path, size in large.items()]
        output.note(
            f"the image gets large files: {phrases.some(sizes)}. What project.toml or .funcignore "
            f"exclude stays out of it."
        )


def begin_compiling(
    building: Building, function: Project, python: Interpreter, side: Background
) -> Future[Compiled]:
    """Compile the sources, which goes on beside the rest.

    There SyntaxInvalid is raised, if a source of the function does not compile.
    """
    app = building.context.app
    compile_ = partial(application.compile_sources, app, function.package, python, building.run)
    return side.begin(compile_)


def tell_compiled(compiled: Compiled, app: Path) -> None:
    """Say which sources have no bytecode, and why."""
    for error in compiled.broken:
        output.note(
            f"{error.path.relative_to(app)} does not compile; it is not part of the function"
        )
    if compiled.unwritable:
        paths = ", ".join(str(path.relative_to(app)) for path in compiled.unwritable)
        output.line(f"Not compiled, for the folder is another user's: {paths}")
