"""What would not work in the image."""

from dataclasses import dataclass
from pathlib import Path

from function_buildpack.log.errors import BuildpackError


@dataclass(eq=False)
class ArchitectureWrong(BuildpackError):
    """The extension module `module` of a package is for the machine `found`, the image's another.

    The package is empty if no installed one has the file.
    """

    package: str
    module: Path
    found: str
    needed: str


@dataclass(eq=False)
class LibraryMissing(BuildpackError):
    """`file`, loaded by the extension module `module`, needs libraries that the image lacks.

    `debian` names the packages that they are from in the build image.
    """

    package: str
    module: Path
    file: Path
    libraries: tuple[str, ...]
    debian: tuple[str, ...]


@dataclass(eq=False)
class ImageChanged(BuildpackError):
    """Code that is not the build's own has changed these files of the image or of its cache."""

    paths: tuple[str, ...]


@dataclass(eq=False)
class FunctionUnloadable(BuildpackError):
    """The runtime did not load the function; `output` is what it said, with the traceback.

    `status` is how its process ended, below zero by that signal; `hiding` are files beside the
    function that hide modules of the standard library; `missing` is a module that nothing has,
    neither Python nor a package. If that is of version 1 of the cloudevents SDK, `asked_in` is the
    file in which to ask for it.

    Where the module may be instead: `places` of the source, `settings` for groups that have such a
    package, `excluding` files that keep that name out of the build. `path` is the function's folder
    in the source, `ask_in` the file that asks for packages, and `asking` what asks there
    for the first place.
    """

    package: Path
    status: int
    output: str
    hiding: tuple[str, ...] = ()
    missing: str = ""
    asked_in: str = ""
    places: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    path: str = ""
    ask_in: str = ""
    asking: str = ""


@dataclass(eq=False)
class FunctionSlow(BuildpackError):
    """The function was not loaded after so many seconds; `output` is what was said until then."""

    package: Path
    seconds: float
    output: str
