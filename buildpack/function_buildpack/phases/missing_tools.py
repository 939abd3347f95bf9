"""The build tools that a build image lacks.

Every build runs this first, so it imports little. build_tools.py is imported only if it is needed.
"""

import shutil
from collections.abc import Mapping
from importlib.util import find_spec

_LIBRARIES = ("packaging", "tomli_w", "yaml")


def lacking(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the programs and libraries that the build image does not have."""
    libraries = tuple(name for name in _LIBRARIES if find_spec(name) is None)
    return libraries if shutil.which("uv", path=environ.get("PATH")) else ("uv", *libraries)
