"""The Application step: prepares the function's source for the image."""

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
    """Remove what the image does not need from the source, and warn about doubtful files."""
    app = building.context.app
    output.heading("Application")
    if history := application.remove_history(app):
        output.line(phrases.left_out(history, app))
    if wheels:
        local_wheels.remove(wheels)
    if stray := [str(path.relative_to(app)) for path in application.stray_links(app)]:
        output.note(
            f"These links are broken, or point outside the source: {phrases.some(stray)}. The "
            f"image does not contain their targets."
        )
    if large := application.large_files(app):
        sizes = [f"{path.relative_to(app)} ({size >> 20} MB)" for path, size in large.items()]
        output.note(
            f"The image contains large files: {phrases.some(sizes)}. Exclude files that it does "
            f"not need in project.toml or .funcignore."
        )


def begin_compiling(
    building: Building, function: Project, python: Interpreter, side: Background
) -> Future[Compiled]:
    """Start compiling the sources in the background.

    The result raises SyntaxInvalid if a source file of the function does not compile.
    """
    app = building.context.app
    compile_ = partial(application.compile_sources, app, function.package, python, building.run)
    return side.begin(compile_)


def tell_compiled(compiled: Compiled, app: Path) -> None:
    """Log which sources have no bytecode, and why."""
    for error in compiled.broken:
        output.note(
            f"{error.path.relative_to(app)} does not compile. The build continues, because it is "
            f"not part of the function package."
        )
    if compiled.unwritable:
        paths = ", ".join(str(path.relative_to(app)) for path in compiled.unwritable)
        output.line(f"Not compiled, because another user owns the folder: {paths}")
