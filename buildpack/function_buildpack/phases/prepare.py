"""Prepares the runtime's layer for a builder that contains this buildpack.

Its packages are the same for every function, so a build can copy a folder instead of unpacking and
compiling wheels. stack/builder.sh runs this in the build image, with a writable folder.
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
from function_buildpack.log import log_settings
from function_buildpack.system import interpreter, process
from function_buildpack.uv.client import Uv


def main() -> int:
    """Fill the folder in which builds with this buildpack, Python and uv look; return 0.

    The packages are installed where a build installs them (CNB_LAYERS_DIR), because bytecode
    contains its path.

    :raises BuildpackError: see uv/install_failures.py.
    """
    context = BuildContext.from_environ(phases.environment(), Path.cwd())
    log_settings.use(context.environ)
    source = runtime_layer.RuntimeSource.of(Buildpack.installed().root)
    python = interpreter.current()
    with tempfile.TemporaryDirectory() as cache:
        uv = Uv.with_cache(process.run, context.environ, Path(cache))
        wanted = runtime_layer.metadata(source, python, context.target, uv.version)
        layer = Layers(context.layers).fresh(constants.RUNTIME, wanted)
        runtime_layer.fill(runtime_layer.library(layer), source, python, uv)
        shutil.copytree(runtime_layer.library(layer), source.prepared(layer))
    return 0
