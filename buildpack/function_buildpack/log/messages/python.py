"""Messages for a Python version that the function cannot get."""

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
BP_PYTHON_VERSION takes precedence over UV_PYTHON, .python-version and runtime.txt. The version must
also match requires-python. docs/python-versions.md has the details."""


@describe.register
def _python_invalid(error: PythonInvalid) -> Message:
    return Message(
        "Invalid Python version",
        f"Where:    {error.where}\nFound:    {error.found}\n\n"
        f"It must be a version such as 3.12 or 3.12.4, or a specifier such as >=3.12,<3.14.\n"
        f"Supported versions: {', '.join(error.known)}.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_foreign(error: PythonForeign) -> Message:
    return Message(
        "The function requires a Python other than CPython",
        f"Where:    {error.where}\nFound:    {error.found}\n\n"
        f"Functions run on the default build of CPython. PyPy, GraalPy, free-threaded builds and\n"
        f"debug builds are not supported. Use a version such as 3.13.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_ended(error: PythonEnded) -> Message:
    return Message(
        "The requested Python version has reached its end of life",
        f"Found:    {error.request}\n"
        f"Python:   {error.version}, no security fixes since {error.end}\n\n"
        f"The runtime supports {', '.join(error.known)}. Use one of these versions, and test the\n"
        f"function with it.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_unknown(error: PythonUnknown) -> Message:
    return Message(
        "The requested Python version is not available",
        f"Found:    {error.request}\nVersions: {', '.join(error.known) or 'none'}\n\n"
        f"These are the newest patch versions that the runtime supports and that the builder's\n"
        f"uv can install. Use one of them.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_conflict(error: PythonConflict) -> Message:
    return Message(
        "The requested Python versions conflict",
        f"Found:    {error.request}\nBut:      {error.other}\n\n"
        f"No version of Python matches both. Change one of them.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_uninstalled(error: PythonUninstalled) -> Message:
    return Message(
        "The requested Python version could not be installed",
        f"Python:   {error.what}\nFound:\n\n{indent(error.explanation)}\n\n"
        f"uv downloads it from the releases of python-build-standalone, or from the mirror in\n"
        f"UV_PYTHON_INSTALL_MIRROR (https:// or file://). Set that variable, or use the Python\n"
        f"version of the run image, which needs no download.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _wheel_missing(error: WheelMissing) -> Message:
    own, newest = error.python.rpartition(".")[0], error.allowed[-1]
    if error.source == NO_SOURCE:
        why, otherwise = "Without a wheel or a source distribution it cannot be installed.", ""
    else:
        why = (
            "Without a wheel it has to be compiled, which can take many minutes and often fails.\n"
            "So the build stopped."
        )
        otherwise = f"\nTo compile it anyway, set BP_PYTHON_VERSION={own}."
    return Message(
        "A package has no wheel for this Python",
        f"Package:  {error.package}\nPython:   {error.python}\n"
        f"Wheels:   for Python {', '.join(error.having)}\nSource:   {error.source}\n\n{why}\n\n"
        f"Use a Python version for which the package has a wheel. Set the build variable\n\n"
        f"    BP_PYTHON_VERSION={newest}\n\n"
        f"or write {newest} into a file .python-version. Or require a version of the package that\n"
        f"has a wheel for Python {own}.{otherwise}",
    )
