"""The Runtime step: reuses, copies or installs the runtime."""

from functools import partial

from function_buildpack.cnb.layers import Empty, Layer, Restored
from function_buildpack.layers import reasons
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.log import output
from function_buildpack.system.background import BackgroundThread
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv.client import Uv


def provide(build: Build, python: Interpreter, uv: Uv, thread: BackgroundThread) -> Layer:
    """Reuse the layer of an earlier build, or fill it. A prepared one is copied in the background.

    :raises BuildpackError: see uv/install_failures.py.
    """
    output.heading("Runtime")
    source = runtime_layer.RuntimeSource.of(build.buildpack.root)
    wanted = runtime_layer.metadata(source, python, build.context.target, uv.version)
    match runtime_layer.restore(build.layers, wanted, build.archives, source):
        case Restored(kept):
            output.line(reasons.reused("runtime"))
            return kept
        case Empty(empty, cause):
            output.line(f"Installing: {reasons.because(cause)}")
            if source.prepared(empty).is_dir():
                output.line("Copying the packages that the builder has prepared")
                thread.start(partial(runtime_layer.copy, empty, source))
                return empty
            with output.timed("Installed the runtime"):
                # Its versions are locked. Settings of versions are for the function's packages.
                runtime_layer.install(empty, source, python, uv.without(uv.install_settings))
            return empty
