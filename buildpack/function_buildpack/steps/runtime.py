"""The runtime that serves the function."""

from functools import partial

from function_buildpack import output
from function_buildpack.beside import Beside
from function_buildpack.building import Building
from function_buildpack.cnb.layers import Empty, Layer, Restored
from function_buildpack.installer import Uv
from function_buildpack.interpreter import Interpreter
from function_buildpack.layers import runtime
from function_buildpack.steps import telling


def provide(building: Building, python: Interpreter, uv: Uv, side: Beside) -> Layer:
    """Reuse the layer of an earlier build, or fill it anew, be it beside the rest of the build.

    :raises BuildpackError: see installer.
    """
    output.heading("Runtime")
    source = building.buildpack.runtime
    wanted = runtime.metadata(source, python, building.context.target, uv.version)
    match runtime.restore(building.layers, wanted, building.archives, source):
        case Restored(kept):
            output.line("Reusing the runtime layer: nothing that decides it has changed")
            return kept
        case Empty(empty, cause):
            output.line(f"Installing: {telling.because(cause)}")
            if source.prepared(empty).is_dir():
                output.line("The builder has its packages ready: they are copied meanwhile")
                side.begin(partial(runtime.copy, empty, source))
                return empty
            with output.timed("Installed the runtime"):
                # Its versions are locked: what a platform says of versions is for the function's.
                runtime.install(empty, source, python, uv.without(uv.decisive))
            return empty
