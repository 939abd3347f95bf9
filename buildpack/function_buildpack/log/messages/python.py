"""What users read when there is no Python for the function."""

from function_buildpack.log.errors.python import (
    NO_SOURCE,
    PythonConflict,
    PythonEnded,
    PythonForeign,
    PythonInvalid,
    PythonUninstalled,
    PythonUnknown,
    WheelMissing,
)
from function_buildpack.log.messages.message import Message, describe, indent

_PYTHON_ORDER = """\
BP_PYTHON_VERSION comes before UV_PYTHON, .python-version and runtime.txt. What requires-python
says must hold as well; docs/python-versions.md has all of it."""


@describe.register
def _python_invalid(error: PythonInvalid) -> Message:
    return Message(
        "A Python version is not one that the build can read",
        f"Where:    {error.where}\nFound:    {error.found}\n\n"
        f"It must be a version such as 3.12 or 3.12.4, or a specifier such as >=3.12,<3.14.\n"
        f"There are {', '.join(error.known)}.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_foreign(error: PythonForeign) -> Message:
    return Message(
        "The function asks for another Python than CPython",
        f"Where:    {error.where}\nFound:    {error.found}\n\n"
        f"A function runs on CPython, in its usual build: not on PyPy or GraalPy, not\n"
        f"free-threaded, not for debugging. Name a version of it, such as 3.13.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_ended(error: PythonEnded) -> Message:
    return Message(
        "The function asks for a Python that has reached its end of life",
        f"Found:    {error.stated}\n"
        f"Python:   {error.version}, without security fixes since {error.end}\n\n"
        f"The runtime serves {', '.join(error.known)}. Ask for one of them and try the\n"
        f"function with it.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_unknown(error: PythonUnknown) -> Message:
    return Message(
        "There is no such Python",
        f"Found:    {error.stated}\nThere is: {', '.join(error.known) or 'none'}\n\n"
        f"Those are the newest of each version that the runtime serves and that the build's uv\n"
        f"can install. Ask for one of them.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_conflict(error: PythonConflict) -> Message:
    return Message(
        "Two Python versions are asked for that exclude each other",
        f"Found:    {error.stated}\nBut:      {error.other}\n\n"
        f"No version of Python meets both. Change one of them.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_uninstalled(error: PythonUninstalled) -> Message:
    return Message(
        "The Python that the function asks for could not be installed",
        f"Python:   {error.what}\nFound:\n\n{indent(error.explanation)}\n\n"
        f"uv fetches it from the releases of python-build-standalone, or from the mirror that\n"
        f"UV_PYTHON_INSTALL_MIRROR names (https:// or file://). Set that, or ask for the Python\n"
        f"that the images have, which needs no download.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _wheel_missing(error: WheelMissing) -> Message:
    own, newest = error.python.rpartition(".")[0], error.allowed[-1]
    if error.source == NO_SOURCE:
        why, otherwise = "Without a wheel or a source it cannot be installed.", ""
    else:
        why = (
            "Without a wheel it has to be compiled, which can take many minutes and often fails.\n"
            "So the build has stopped."
        )
        otherwise = f"\nTo compile it all the same, set BP_PYTHON_VERSION={own}."
    return Message(
        "A package has no wheel for this Python",
        f"Package:  {error.package}\nPython:   {error.python}\n"
        f"Wheels:   for Python {', '.join(error.having)}\nSource:   {error.source}\n\n{why}\n\n"
        f"Choose a Python that has a wheel, by the build setting\n\n"
        f"    BP_PYTHON_VERSION={newest}\n\n"
        f"or by a file .python-version with {newest} in it. Or ask for a version of the package\n"
        f"that has a wheel for Python {own}.{otherwise}",
    )
