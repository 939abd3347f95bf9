"""The function's own source."""

from pathlib import Path

from function_buildpack import application, output, vendored
from function_buildpack.bytecode import Compiled
from function_buildpack.interpreter import Interpreter
from function_buildpack.process import Runner
from function_buildpack.project import Project
from function_buildpack.steps import telling


def prepare(
    app: Path, function: Project, wheels: Path | None, python: Interpreter, run: Runner
) -> None:
    """Make the source what the image needs of it.

    :raises SyntaxInvalid: a source of the function does not compile.
    """
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
    with output.timed("Compiled the sources"):
        compiled = application.compile_sources(app, function.package, python, run)
    tell_compiled(compiled, app)


def tell_compiled(compiled: Compiled, app: Path) -> None:
    """Say which sources have no bytecode, and why."""
    for error in compiled.broken:
        output.note(
            f"{error.path.relative_to(app)} does not compile; it is not part of the function"
        )
    if compiled.unwritable:
        paths = ", ".join(str(path.relative_to(app)) for path in compiled.unwritable)
        output.line(f"Not compiled, for the folder is another user's: {paths}")
