"""Messages for images that would not work."""

import sys
from collections.abc import Iterator
from pathlib import PurePath

from function_buildpack import constants
from function_buildpack.log.errors.image import (
    ArchitectureWrong,
    FunctionSlow,
    FunctionUnloadable,
    ImageChanged,
    LibraryMissing,
)
from function_buildpack.log.messages.message import Message, describe, ending, indent

# Packages that need libraries of the system → the same package with these libraries in its wheel.
_BUNDLED = {
    "opencv-contrib-python": "opencv-contrib-python-headless",
    "opencv-python": "opencv-python-headless",
    "psycopg-c": "psycopg-binary",
    "psycopg2": "psycopg2-binary",
}


@describe.register
def _architecture_wrong(error: ArchitectureWrong) -> Message:
    return Message(
        "An extension module was built for another machine",
        f"Package:  {error.package or 'none'}\nModule:   {error.module}\n"
        f"Found:    {error.found}\nImage:    {error.needed}\n\n"
        f"The module was compiled on another machine and is part of the source, or its wheel has\n"
        f"a wrong platform tag. Install the package from an index that has a wheel for this\n"
        f"machine, or let the build compile it. If the function does not import that module, set\n"
        f"BP_LIBRARY_CHECK=note.",
    )


@describe.register
def _library_missing(error: LibraryMissing) -> Message:
    through = f"Loads:    {error.file}\n" if error.file != error.module else ""
    debian = f"Debian:   {', '.join(error.debian)}\n" if error.debian else ""
    bundled = _BUNDLED.get(error.package.partition(" ")[0])
    wheel = f"here that is {bundled}" if bundled else "most wheels do"
    return Message(
        "The run image lacks a shared library",
        f"Package:  {error.package or 'none'}\nModule:   {error.module}\n{through}"
        f"Missing:  {', '.join(error.libraries)}\n{debian}\n"
        f"The image could not import that module. Use a wheel that contains the library\n"
        f"({wheel}), link the library statically, or use a run image that has\n"
        f"it. If the function does not import the module, set BP_LIBRARY_CHECK=note.",
    )


_MAX_FILES = 8


@describe.register
def _image_changed(error: ImageChanged) -> Message:
    more = len(error.paths) - _MAX_FILES
    shown = [*error.paths[:_MAX_FILES], *([f"and {more} more"] if more > 0 else [])]
    files = "\n          ".join(shown)
    return Message(
        "Code that ran in the build changed files of the image",
        f"Changed:  {files}\n\n"
        f"The build loads the function to check it, and builds packages that have no wheel. Both\n"
        f"run code, and that code must not change files of the image. Nothing was exported. Find\n"
        f"the code that writes these files, in the function or in a new package.\n"
        f"BP_FUNCTION_CHECK=off builds without loading the function.",
    )


@describe.register
def _function_unloadable(error: FunctionUnloadable) -> Message:
    said = f". Output:\n\n{indent(error.output)}" if error.output else ", without output"
    hints = (
        _HIDING.format(", ".join(error.hiding)) if error.hiding else "",
        _missing(error) if error.missing else "",
        *_where(error),
        _CRASHED if error.status < 0 else "",
        _EXITED if error.status == 0 else "",
    )
    return Message(
        "The function cannot be loaded",
        f"Package:  {error.package}\nFound:    its process {ending(error.status)}{said}\n\n"
        + "".join(f"{hint}\n\n" for hint in hints if hint)
        + "The build imports the function and calls new(), as the image does at every start.\n"
        "Code that needs a database, a secret or another service belongs in start(cfg),\n"
        "which runs only in the container. To build without this check, set\n"
        "BP_FUNCTION_CHECK to import (does not call new()) or off.",
    )


_HIDING = """\
These files next to the function have the names of modules of the standard library, and all packages
import them instead: {}. Rename them, or move them into function/."""

_CRASHED = """\
Native code crashed (SIGSEGV, SIGABRT, SIGILL), or the build ran out of memory (SIGKILL). If Python
had time to write it, its position is in the output above."""

_EXITED = """\
The process exited without an error before the function was loaded, as with os._exit(0). The image
would exit at once."""


def _missing(error: FunctionUnloadable) -> str:
    module = error.missing
    if error.places or error.settings:
        return f"No installed package has the module {module}."
    if module in sys.stdlib_module_names:
        return (
            f"{module} is part of Python, but the run image's Python has no modules that need a\n"
            f"terminal or a display: see docs/images.md. A Python that the build installs in a\n"
            f"layer has curses and readline: set BP_PYTHON_VERSION to another version, like 3.12."
        )
    return (
        f"No installed package has the module {module}. If a package has it, add that package to\n"
        f"the function's dependencies. If it is a module in function/, import it by its full\n"
        f"name, or with `from . import {module}`. If it is in a folder above the function's,\n"
        f"build that folder, and set BP_FUNCTION_PATH to the function's folder."
    )


def _where(error: FunctionUnloadable) -> Iterator[str]:
    """Yield hints where the missing module may be."""
    if error.settings:
        yield _IN_A_GROUP.format(indent("\n".join(error.settings)))
    if error.excluding:
        yield _EXCLUDED.format(", ".join(error.excluding))
    if error.places:
        yield _IN_THE_SOURCE.format(indent("\n".join(error.places)), error.path)
        place = PurePath(error.places[0])
        is_within = PurePath(error.path, constants.PACKAGE) in place.parents
        if place.suffix != ".py" and not is_within:
            yield _as_a_package(place, error)


def _as_a_package(place: PurePath, error: FunctionUnloadable) -> str:
    """Return how to make a package of a folder of the source, and how to declare it."""
    return _AS_A_PACKAGE.format(place, place.name, error.declare_in, indent(error.declaration))


_IN_A_GROUP = """\
An extra or group that was not selected has a package of that name. If the function needs it, set
the build variable

{}"""

_EXCLUDED = "{} excludes a path of that name from the build. Check whether it is this module."

_IN_THE_SOURCE = """\
The source has a module of that name, but Python does not search for it there:

{0}

Python searches the folder that contains function/ ({1}), and names are case-sensitive. Move or copy
the module there. Import a module within function/ by its full name, or with `from . import`."""

_AS_A_PACKAGE = """\
Or install it as a package, which several functions can share. Create {0}/pyproject.toml:

    [project]
    name = "{1}"
    version = "1"
    [tool.setuptools]
    packages = ["{1}"]
    package-dir = {{ "{1}" = "." }}

and declare it in {2} (then lock again, if there is a lock):

{3}"""


@describe.register
def _function_slow(error: FunctionSlow) -> Message:
    last = "\n".join(error.output.splitlines()[-_MAX_LINES:])
    said = f". Output:\n\n{indent(last)}" if last else ""
    return Message(
        "The function took too long to load",
        f"Package:  {error.package}\n"
        f"Found:    not loaded after {error.seconds:g} s, so the build stopped it{said}\n\n"
        f"The build imports the function and calls new(), as the image does at every start. Code\n"
        f"there waits or serves: a sleep, a connection, a loop, app.run(). Move it into\n"
        f"start(cfg), which runs only in the container. Do not start a server: the runtime\n"
        f"serves. To build without this check, set BP_FUNCTION_CHECK to import (does not call\n"
        f"new()) or off.",
    )


# A function may have written the same line for minutes.
_MAX_LINES = 40
