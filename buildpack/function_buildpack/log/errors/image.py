"""Errors of images that would not work."""

from dataclasses import dataclass
from pathlib import Path

from function_buildpack.log.errors import BuildpackError


@dataclass(eq=False)
class ArchitectureWrong(BuildpackError):
    """The extension module `module` was built for the machine `found`. The image's is `needed`.

    The package is empty if no installed package has the file.
    """

    package: str
    module: Path
    found: str
    needed: str


@dataclass(eq=False)
class LibraryMissing(BuildpackError):
    """`file`, which the extension module `module` loads, needs libraries that the image lacks.

    `debian` are the packages of the build image with these libraries.
    """

    package: str
    module: Path
    file: Path
    libraries: tuple[str, ...]
    debian: tuple[str, ...]


@dataclass(eq=False)
class ImageChanged(BuildpackError):
    """Code of the function or of a package has changed these files of the image or its cache."""

    paths: tuple[str, ...]


@dataclass(eq=False)
class FunctionUnloadable(BuildpackError):
    """The runtime could not load the function. `output` is its output, with the traceback.

    `status` is the exit status, negative for a signal. `hiding` are files next to the function that
    hide modules of the standard library. `missing` is a module that neither Python nor a package
    has.

    Where the module may be: `places` in the source, `settings` for groups with such a package,
    `excluding` files that exclude that name from the build. `path` is the function's folder in the
    source. `declaration` declares the first place as a package in the file `declare_in`.
    """

    package: Path
    status: int
    output: str
    hiding: tuple[str, ...] = ()
    missing: str = ""
    places: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    path: str = ""
    declare_in: str = ""
    declaration: str = ""


@dataclass(eq=False)
class FunctionSlow(BuildpackError):
    """The function was not loaded after so many seconds. `output` is its output until then."""

    package: Path
    seconds: float
    output: str
