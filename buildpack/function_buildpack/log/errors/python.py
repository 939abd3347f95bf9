"""Errors of the Python that a function requests."""

from dataclasses import dataclass

from function_buildpack.log.errors import BuildpackError

NO_SOURCE = "none"  # a package without a source distribution


@dataclass(eq=False)
class PythonInvalid(BuildpackError):
    """The request for a Python in the setting or file `where` is invalid. `known` are valid."""

    where: str
    found: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonForeign(BuildpackError):
    """A request for a Python is not for the default build of CPython."""

    where: str
    found: str


@dataclass(eq=False)
class PythonEnded(BuildpackError):
    """The request `request` is for `version` or older, which reached its end of life in `end`."""

    request: str
    version: str
    end: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonUnknown(BuildpackError):
    """No version matches the request `request`. `known` are the newest of each minor version."""

    request: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonConflict(BuildpackError):
    """No version matches both requests, though some match each."""

    request: str
    other: str


@dataclass(eq=False)
class PythonUninstalled(BuildpackError):
    """uv could not install `what`, a Python or the list of them. The explanation is uv's."""

    what: str
    explanation: str


@dataclass(eq=False)
class WheelMissing(BuildpackError):
    """A package has wheels only for other Pythons, and the function allows some of these."""

    package: str
    python: str
    having: tuple[str, ...]
    allowed: tuple[str, ...]
    source: str = "one that can be compiled"
