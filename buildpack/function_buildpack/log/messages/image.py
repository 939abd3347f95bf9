"""What users read when the image would not work."""

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

# Packages whose wheels bring what theirs leaves to the system, or do without.
_BUNDLED = {
    "opencv-contrib-python": "opencv-contrib-python-headless",
    "opencv-python": "opencv-python-headless",
    "psycopg-c": "psycopg-binary",
    "psycopg2": "psycopg2-binary",
}


@describe.register
def _architecture_wrong(error: ArchitectureWrong) -> Message:
    return Message(
        "An extension module is for another machine",
        f"Package:  {error.package or 'none'}\nModule:   {error.module}\n"
        f"Found:    {error.found}\nImage:    {error.needed}\n\n"
        f"It was compiled elsewhere and came with a source, or under a wrong name. Install the\n"
        f"package from an index that has its wheel for this machine, or let the build compile it.\n"
        f"If the function does not import that module, set BP_LIBRARY_CHECK to note.",
    )


@describe.register
def _library_missing(error: LibraryMissing) -> Message:
    through = f"Loads:    {error.file}\n" if error.file != error.module else ""
    debian = f"Debian:   {', '.join(error.debian)}\n" if error.debian else ""
    bundled = _BUNDLED.get(error.package.partition(" ")[0])
    wheel = f"for this package that is {bundled}" if bundled else "most do"
    return Message(
        "The run image lacks a shared library",
        f"Package:  {error.package or 'none'}\nModule:   {error.module}\n{through}"
        f"Missing:  {', '.join(error.libraries)}\n{debian}\n"
        f"Where the image runs, that module could not be imported. Use a wheel that brings the\n"
        f"library ({wheel}), link it statically, or build with a run image\n"
        f"that has it. If the function does not import the module, set BP_LIBRARY_CHECK to note.",
    )


_CHANGED = 8  # of them are shown


@describe.register
def _image_changed(error: ImageChanged) -> Message:
    more = len(error.paths) - _CHANGED
    shown = [*error.paths[:_CHANGED], *([f"and {more} more"] if more > 0 else [])]
    files = "\n          ".join(shown)
    return Message(
        "Code that ran in the build changed files of the image",
        f"Changed:  {files}\n\n"
        f"The build loads the function to see that it starts, and builds packages that have no\n"
        f"wheel. Both run code that must not change what the image is made of. Nothing was\n"
        f"exported. Find the code that writes there, in the function or in a package that is new.\n"
        f"BP_FUNCTION_CHECK=off builds without loading the function.",
    )


@describe.register
def _function_unloadable(error: FunctionUnloadable) -> Message:
    said = f"; it said\n\n{indent(error.output)}" if error.output else " and said nothing"
    hints = (
        _HIDING.format(", ".join(error.hiding)) if error.hiding else "",
        _missing(error) if error.missing else "",
        *_where(error),
        _CRASHED if error.status < 0 else "",
        _LEFT if error.status == 0 else "",
    )
    return Message(
        "The function cannot be loaded",
        f"Package:  {error.package}\nFound:    its process {ending(error.status)}{said}\n\n"
        + "".join(f"{hint}\n\n" for hint in hints if hint)
        + "The build imports the function and calls new(), as every start of the image will.\n"
        "What needs a database, a secret or another service belongs in start(cfg), which\n"
        "only runs in the container. To build without this check, set BP_FUNCTION_CHECK to\n"
        "import (does not call new()) or off.",
    )


_HIDING = """\
Beside the function are files with names of Python's own modules, which all packages get in their
place: {}. Rename them, or move them into function/."""

_CRASHED = """\
Native code crashed (SIGSEGV, SIGABRT, SIGILL), or memory ran out (SIGKILL). Where Python was then
is in the lines above, if there was time to write it."""

_LEFT = """\
It ended before the function was loaded, as os._exit(0) ends it, and without an error: an image
would end at once."""


def _missing(error: FunctionUnloadable) -> str:
    module = error.missing
    if error.places or error.settings:
        return f"No package that is installed has the module {module}."
    if error.asked_in:
        return (
            f"{module} is of version 1 of the cloudevents SDK, and another one is installed. Ask\n"
            f"for cloudevents<2 in {error.asked_in}, and lock again if there is a lock."
        )
    if module in sys.stdlib_module_names:
        return (
            f"{module} is part of Python, but the image's leaves out what needs a terminal or a\n"
            f"display: docs/images.md has the list. A Python in a layer of its own has curses and\n"
            f"readline: set BP_PYTHON_VERSION to another version than the images', such as 3.12."
        )
    return (
        f"No package that is installed has the module {module}. Add the one that has it to the\n"
        f"function's dependencies. Is it a module of the function's own? Import it by its whole\n"
        f"name, or with `from . import {module}`. Is it in a folder above the function's? Build\n"
        f"that folder, and name the function's in it with BP_FUNCTION_PATH."
    )


def _where(error: FunctionUnloadable) -> Iterator[str]:
    """Yield what is known of where the missing module is."""
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
    """Return how a folder of the source becomes a package, and how that is asked for."""
    return _AS_A_PACKAGE.format(place, place.name, error.ask_in, indent(error.asking))


_IN_A_GROUP = """\
A package of that name is in an extra or group that is not installed. If the function needs it, set
the build variable

{}"""

_EXCLUDED = "{} leaves something of that name out of the build: see whether it is this module."

_IN_THE_SOURCE = """\
The source has a module of that name, though not where Python looks for it:

{0}

Python looks in the folder that holds function/ ({1}), and upper and lower case count. Move or copy
it there. One that is within function/ is imported by its whole name, or with `from . import`."""

_AS_A_PACKAGE = """\
Or install it as a package, which several functions can share. Write {0}/pyproject.toml:

    [project]
    name = "{1}"
    version = "1"
    [tool.setuptools]
    packages = ["{1}"]
    package-dir = {{ "{1}" = "." }}

and ask for it in {2} (then lock again, if there is a lock):

{3}"""


@describe.register
def _function_slow(error: FunctionSlow) -> Message:
    last = "\n".join(error.output.splitlines()[-_SHOWN_LINES:])
    said = f"; it said\n\n{indent(last)}" if last else ""
    return Message(
        "The function does not load in time",
        f"Package:  {error.package}\n"
        f"Found:    it was not loaded after {error.seconds:g} s, and was ended{said}\n\n"
        f"The build imports the function and calls new(), as every start of the image will, and\n"
        f"something in them waits or serves: a sleep, a connection, a loop, app.run(). Move that\n"
        f"into start(cfg), which only runs in the container; what serves is the runtime. To build\n"
        f"without this check, set BP_FUNCTION_CHECK to import (does not call new()) or off.",
    )


# Of what a function said that may have said the same for minutes.
_SHOWN_LINES = 40
