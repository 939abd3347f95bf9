"""The files that our builder has ready: the runtime's packages, and this buildpack's bytecode.

They are in a folder next to the buildpack's folder, not in it. So the builder's buildpack is the
same as the repository's, and `pack build --buildpack ./buildpack` uses it instead of adding another
one. A changed buildpack still uses the files of everything that did not change.
"""

import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

_FOLDER = "knative-python_prepared"


def folder(buildpack: Path) -> Path:
    """Return the folder. Builders of others do not have it.

    :param buildpack: the buildpack's folder, /cnb/buildpacks/<id>/<version> (platform interface
        specification, "Buildpacks Directory Layout")
    """
    return buildpack.parents[1] / _FOLDER / buildpack.name


def packages(buildpack: Path) -> Path:
    """Return the folder of the runtime's packages, which are in it by the key of their layer."""
    return folder(buildpack) / "runtime"


def bytecode(buildpack: Path) -> Path:
    """Return the folder of the bytecode, in Python's layout for `sys.pycache_prefix`."""
    return folder(buildpack) / "bytecode"


def use_bytecode(buildpack: Path) -> None:
    """Make this process import the buildpack's modules from the bytecode, if there is some.

    Python compares a hash of the source (PEP 552), and compiles a source that has changed.
    """
    if not (prefix := bytecode(buildpack)).is_dir():
        return

    class Loader(SourceFileLoader):
        def get_code(self, fullname: str) -> CodeType | None:
            # Only here: the standard library's bytecode is next to its sources.
            sys.pycache_prefix = str(prefix)
            try:
                return super().get_code(fullname)
            finally:
                sys.pycache_prefix = None

    def finder(path: str) -> FileFinder:
        if not Path(path).is_relative_to(buildpack):
            raise ImportError(path)
        return FileFinder(path, (Loader, SOURCE_SUFFIXES))

    sys.path_hooks.insert(0, finder)
    sys.path_importer_cache.clear()
