"""Installs the runtime ahead of all builds, for a builder that carries this buildpack.

Its packages are the same for every function: a build then copies a folder instead of unpacking and
compiling wheels. Started by stack/builder.sh, in the build image, on a folder that can be written.
"""

import shutil
import tempfile
from pathlib import Path

from function_buildpack import constants
from function_buildpack.cnb import phases
from function_buildpack.cnb.context import BuildContext
from function_buildpack.cnb.layers import Layers
from function_buildpack.layers.build_context import Buildpack
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.system import interpreter, process
from function_buildpack.uv.client import Uv


def main() -> int:
    """Fill the folder that builds of this buildpack, Python and uv look for; return 0.

    The packages are installed where a build would (CNB_LAYERS_DIR), for bytecode holds its path.

    :raises BuildpackError: see installer.
    """
    context = BuildContext.from_environ(phases.environment(), Path.cwd())
    source = runtime_layer.Source.of(Buildpack.installed().root)
    python = interpreter.current()
    with tempfile.TemporaryDirectory() as cache:
        uv = Uv.with_cache(process.run, context.environ, Path(cache))
        wanted = runtime_layer.metadata(source, python, context.target, uv.version)
        layer = Layers(context.layers).fresh(constants.RUNTIME, wanted)
        runtime_layer.fill(runtime_layer.library(layer), source, python, uv)
        shutil.copytree(runtime_layer.library(layer), source.prepared(layer))
    return 0
