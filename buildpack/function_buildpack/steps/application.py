"""The function's own source."""

from concurrent.futures import Future
from functools import partial
from pathlib import Path

from function_buildpack import application, output, vendored
from function_buildpack.beside import Beside
from function_buildpack.building import Building
from function_buildpack.bytecode import Compiled
from function_buildpack.interpreter import Interpreter
from function_buildpack.project import Project
from function_buildpack.steps import telling


def prepare(building: Building, wheels: Path | None) -> None:
    """Take out of the source what the image does not need, and say what is doubtful of the rest."""
    app = building.context.app
    output.heading("Application")
    if history := application.remove_history(app):
        output.line(telling.left_out(history, app))
    if wheels:
        vendored.remove(wheels)
    if stray := [str(path.relative_to(app)) for path in application.stray_links(app)]:
        output.note(f"links that lead nowhere or out of the source: {telling.some(stray)}")
    if large := application.large_files(app):
        sizes = [f"{path.relative_to(app)} ({size >> 20} MB)" for path, size in large.items()]
        output.note(
            f"the image gets large files: {telling.some(sizes)}. What project.toml or .funcignore "
            f"exclude stays out of it."
        )


def begin_compiling(
    building: Building, function: Project, python: Interpreter, side: Beside
) -> Future[Compiled]:
    """Compile the sources, which goes on beside the rest.

    There SyntaxInvalid is raised, if a source of the function does not compile.
    """
    app = building.context.app
    output.line("The sources are compiled meanwhile")
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
