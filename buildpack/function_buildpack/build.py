"""The build, told in the order of its log: read, decide, install, prepare, check, launch."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from function_buildpack import (
    beside,
    index_access,
    named_indexes,
    output,
    plan,
    process,
    report,
)
from function_buildpack.building import Building, Buildpack
from function_buildpack.cnb import phases
from function_buildpack.cnb.context import BuildContext
from function_buildpack.cnb.launch import Launch
from function_buildpack.cnb.layers import Layers
from function_buildpack.index_access import IndexAccess
from function_buildpack.installer import Uv
from function_buildpack.layers import runtime as runtime_layer
from function_buildpack.layers import variables
from function_buildpack.layers.archives import Archives
from function_buildpack.process import Runner
from function_buildpack.settings import Settings
from function_buildpack.steps import application, dependencies, launch, python, reading, runtime
from function_buildpack.steps.reading import Reading


def main() -> int:
    """Run the phase and return its exit code."""
    return phases.run_build(_build_timed, on_error=report.error)


def _build_timed(context: BuildContext) -> Launch:
    with output.timed("Done"):
        return build(context, Buildpack.installed())


def build(context: BuildContext, buildpack: Buildpack, run: Runner = process.run) -> Launch:
    """Turn the function into layers and a launch process.

    :raises BuildpackError: the function cannot be built; see errors.
    """
    output.title(f"Knative Python function {buildpack.version}")
    settings, layers = Settings.from_environ(context.environ), Layers(context.layers)
    archives = Archives.restored(layers)
    return _build(Building(context, buildpack, settings, layers, archives, run))


def _build(building: Building) -> Launch:
    read = reading.read(building)
    app, layers, archives = building.context.app, building.layers, building.archives
    with (
        _installer(building.context, read, building.run) as (uv, access),
        beside.working() as side,  # within uv's: it reads what uv has fetched
    ):
        wish, wanted = python.choose(building, read.function, uv)
        scaffolded = read.workspace.scaffolded_invoke
        chosen = plan.make(read.function, building.settings, wanted.version, scaffolded)
        reading.tell(chosen, read.workspace, app)
        python.tell(wish, wanted)
        reading.tell_doubts(read.function, app)
        # Before the install: uv takes a pyproject.toml of func's above for a workspace's.
        reading.remove_leftovers(app, read.workspace)

        provided = python.provide(building, wanted, uv)
        own = provided.interpreter
        served = runtime.provide(building, own, uv, side)
        output.heading("Dependencies")
        dependencies.tell_access(read.bindings, access)
        alone = dependencies.alone(building, chosen, read.wheels, uv)
        installed = dependencies.provide(building, chosen, alone, own, uv)
        side.finish()
        provided.trim()

        compiling = application.prepare(building, read.function, read.wheels, own, side)
        side.begin(partial(launch.pack, building, installed, served, uv.cache, own))
        launch.check_function(building, chosen, provided, installed, served)
        side.finish()
        application.tell_compiled(compiling.result(), app)

    # Not before: a layer without its description is not exported.
    installed.keep()
    runtime_layer.keep(served)
    archives.keep()
    provided.keep()
    variables.contribute(layers, chosen.launch_env)
    return launch.describe(chosen, installed, own)


@contextmanager
def _installer(
    context: BuildContext, read: Reading, run: Runner
) -> Iterator[tuple[Uv, IndexAccess]]:
    """Yield uv, with a cache of this build's own, and its access to package indexes."""
    indexes = named_indexes.of_project(read.function.pyproject, read.function.locks)
    with (
        tempfile.TemporaryDirectory(dir=context.layers, prefix=".uv-cache-") as cache,
        index_access.prepared(
            context.environ, read.bindings, indexes, read.function.folder
        ) as access,
    ):
        secretive = process.masked(run, access.secrets)
        uv = Uv.with_cache(secretive, access.environ, Path(cache))
        yield uv.with_options(*access.options).knowing(access.indexes), access
