"""The Application step: prepares the function's source for the image."""

from concurrent.futures import Future
from functools import partial
from pathlib import Path

from function_buildpack.image import application
from function_buildpack.image.bytecode import Compiled
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.dependencies import local_wheels
from function_buildpack.log import output, phrases
from function_buildpack.source.project import Project
from function_buildpack.system.background import BackgroundThread
from function_buildpack.system.interpreter import Interpreter


def prepare(build: Build, wheels: Path | None) -> None:
    """Remove what the image does not need from the source, and warn about doubtful files."""
    app = build.context.app
    output.heading("Application")
    if history := application.remove_history(app):
        output.line(phrases.not_in_image(history, app))
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


def start_compiling(
    build: Build, function: Project, python: Interpreter, thread: BackgroundThread
) -> Future[Compiled]:
    """Start compiling the sources in the background.

    The result raises SyntaxInvalid if a source file of the function does not compile.
    """
    app = build.context.app
    compile_ = partial(application.compile_sources, app, function.package, python, build.run)
    return thread.start(compile_)


def log_compiled(compiled: Compiled, app: Path) -> None:
    """Log which sources have no bytecode, and why."""
    for error in compiled.broken:
        output.note(
            f"{error.path.relative_to(app)} does not compile. The build continues, because it is "
            f"not part of the function package."
        )
    if compiled.unwritable:
        paths = ", ".join(str(path.relative_to(app)) for path in compiled.unwritable)
        output.line(f"Not compiled, because another user owns the folder: {paths}")
