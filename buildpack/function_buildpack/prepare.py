"""Installs the runtime ahead of all builds, for a builder that carries this buildpack.

Its packages are the same for every function: a build then copies a folder instead of unpacking and
compiling wheels. Started by stack/builder.sh, in the build image, on a folder that can be written.
"""

import shutil
import tempfile
from pathlib import Path

from function_buildpack import interpreter, names, process
from function_buildpack.building import Buildpack
from function_buildpack.cnb import phases
from function_buildpack.cnb.context import BuildContext
from function_buildpack.cnb.layers import Layers
from function_buildpack.installer import Uv
from function_buildpack.layers import runtime


def main() -> int:
    """Fill the folder that builds of this buildpack, Python and uv look for; return 0.

    The packages are installed where a build would (CNB_LAYERS_DIR), for bytecode holds its path.

    :raises BuildpackError: see installer.
    """
    context = BuildContext.from_environ(phases.environment(), Path.cwd())
    source = Buildpack.installed().runtime
    python = interpreter.current()
    with tempfile.TemporaryDirectory() as cache:
        uv = Uv.with_cache(process.run, context.environ, Path(cache))
        wanted = runtime.metadata(source, python, context.target, uv.version)
        layer = Layers(context.layers).fresh(names.RUNTIME, wanted)
        runtime.fill(runtime.library(layer), source, python, uv)
        shutil.copytree(runtime.library(layer), source.prepared(layer))
    return 0
