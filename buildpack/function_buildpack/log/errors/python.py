"""What can be wrong with the Python that a function asks for."""

from dataclasses import dataclass

from function_buildpack.log.errors import BuildpackError

NO_SOURCE = "none"  # of a package


@dataclass(eq=False)
class PythonInvalid(BuildpackError):
    """A request for a Python, in the setting or file `where`, names no version; `known` would."""

    where: str
    found: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonForeign(BuildpackError):
    """A request for a Python is for another than CPython, or for a variant of it."""

    where: str
    found: str


@dataclass(eq=False)
class PythonEnded(BuildpackError):
    """What `stated` asks for is `version` or older, which gets no fixes since the month `end`."""

    stated: str
    version: str
    end: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonUnknown(BuildpackError):
    """None of the versions that there are meets what is stated; `known` are the newest of each."""

    stated: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonConflict(BuildpackError):
    """No version meets both statements, though some meet each."""

    stated: str
    other: str


@dataclass(eq=False)
class PythonUninstalled(BuildpackError):
    """uv could not install `what`, a Python or the list of them; the explanation is uv's."""

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
