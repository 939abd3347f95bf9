"""The runtime that serves the function."""

from functools import partial

from function_buildpack.cnb.layers import Empty, Layer, Restored
from function_buildpack.layers import reasons
from function_buildpack.layers.build_context import Building
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.log import output
from function_buildpack.system.background import Background
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv.client import Uv


def provide(building: Building, python: Interpreter, uv: Uv, side: Background) -> Layer:
    """Reuse the layer of an earlier build, or fill it anew, be it beside the rest of the build.

    :raises BuildpackError: see installer.
    """
    output.heading("Runtime")
    source = runtime_layer.Source.of(building.buildpack.root)
    wanted = runtime_layer.metadata(source, python, building.context.target, uv.version)
    match runtime_layer.restore(building.layers, wanted, building.archives, source):
        case Restored(kept):
            output.line("Reusing the runtime layer: nothing that decides it has changed")
            return kept
        case Empty(empty, cause):
            output.line(f"Installing: {reasons.because(cause)}")
            if source.prepared(empty).is_dir():
                output.line("Copying its packages, which the builder has ready")
                side.begin(partial(runtime_layer.copy, empty, source))
                return empty
            with output.timed("Installed the runtime"):
                # Its versions are locked: what a platform says of versions is for the function's.
                runtime_layer.install(empty, source, python, uv.without(uv.decisive))
            return empty
