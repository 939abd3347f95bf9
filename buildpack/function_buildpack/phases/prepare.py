"""Prepares what each build would otherwise create again: the files of prepared.py.

The runtime's packages are the same for every function, so a build can copy a folder instead of
unpacking and compiling wheels. stack/builder.sh runs this in the build image.
"""

import importlib.util
import py_compile
import shutil
import sys
import tempfile
from pathlib import Path

from function_buildpack import constants, prepared
from function_buildpack.cnb import phases
from function_buildpack.cnb.context import BuildContext
from function_buildpack.cnb.layers import Layers
from function_buildpack.layers.build_context import Buildpack
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.log import log_settings
from function_buildpack.source import python_files
from function_buildpack.system import interpreter, process
from function_buildpack.uv.client import Uv


def main() -> int:
    """Fill the folder next to the buildpack's, which builds with this Python and uv use; return 0.

    :raises BuildpackError: see uv/install_failures.py.
    """
    root = Buildpack.installed().root
    _install_runtime(root)
    _compile(root)
    return 0


def _install_runtime(root: Path) -> None:
    """Install the runtime's packages where a build does (CNB_LAYERS_DIR), and copy them.

    Their bytecode contains its path.
    """
    context = BuildContext.from_environ(phases.environment(), Path.cwd())
    log_settings.use(context.environ)
    source = runtime_layer.RuntimeSource.of(root)
    python = interpreter.current()
    with tempfile.TemporaryDirectory() as cache:
        uv = Uv.with_cache(process.run, context.environ, Path(cache))
        wanted = runtime_layer.metadata(source, python, context.target, uv.version)
        layer = Layers(context.layers).fresh(constants.RUNTIME, wanted)
        runtime_layer.fill(runtime_layer.library(layer), source, python, uv)
        shutil.copytree(runtime_layer.library(layer), source.prepared(layer))


def _compile(root: Path) -> None:
    """Compile the buildpack itself. Its folder is read-only in a build, and has no bytecode."""
    sys.pycache_prefix = str(prepared.bytecode(root))
    for source in python_files.sources(root / "function_buildpack"):
        py_compile.compile(
            str(source),
            importlib.util.cache_from_source(str(source)),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        )
    sys.pycache_prefix = None
