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
    names,
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
from function_buildpack.downloads import Fetched
from function_buildpack.index_access import IndexAccess
from function_buildpack.installer import Uv
from function_buildpack.layers import runtime as runtime_layer
from function_buildpack.layers import variables
from function_buildpack.layers.archives import Archives
from function_buildpack.process import Runner
from function_buildpack.settings import Settings
from function_buildpack.steps import (
    application,
    dependencies,
    isolation,
    launch,
    own_project,
    python,
    reading,
    runtime,
)
from function_buildpack.steps.reading import Reading

# And what the lifecycle keeps of a build (store.toml), and what build_tools.py has made.
_LAYERS = (
    *(names.ARCHIVES, names.DEPENDENCIES, names.PROJECT, names.PYTHON, names.PYTHON_ARCHIVE),
    *(names.RUNTIME, names.VARIABLES, names.BUILD_TOOLS, "store"),
)


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
        _cache(layers) as cache,
        beside.working() as side,  # within uv's: it reads what uv has fetched
    ):
        with _installer(building, cache, read) as (uv, access):
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
            with isolation.installing(building, served):
                installer = uv.looking(partial(python.check_source_build, wish, own, uv, app))
                installed = dependencies.provide(building, chosen, alone, own, installer)
                side.finish()
            at_wheels = dependencies.at_wheels(uv, alone)
            project = own_project.provide(building, chosen, served, own, at_wheels)
            fetched = Fetched(cache, own, trusted=not uv.ran_code())
        provided.trim()

        application.prepare(building, read.wheels)
        contents = launch.Contents(installed, served, project)
        kept = launch.to_keep(building, contents)
        archives.drop_others(contents.layers)
        before = isolation.snapshot(building)
        compiling = application.begin_compiling(building, read.function, own, side)
        packing = side.begin(partial(archives.pack, kept, before, fetched))
        launch.check_function(building, chosen, provided, contents)
        side.finish()
        application.tell_compiled(compiling.result(), app)
        made = compiling.result().written | packing.result()
        isolation.see_unchanged(building, before, made, contents.layers)

    # Not before: a layer without its description is not exported.
    layers.forget_others(_LAYERS)
    installed.keep()
    runtime_layer.keep(served)
    archives.keep()
    if project:
        project.keep()
    provided.keep()
    variables.contribute(layers, chosen.launch_env)
    return launch.describe(chosen, installed, served, own)


@contextmanager
def _cache(layers: Layers) -> Iterator[Path]:
    """Yield a cache folder for uv that is this build's own."""
    with tempfile.TemporaryDirectory(dir=layers.root, prefix=".uv-cache-") as cache:
        yield Path(cache)


@contextmanager
def _installer(building: Building, cache: Path, read: Reading) -> Iterator[tuple[Uv, IndexAccess]]:
    """Yield uv and its access to package indexes, which ends before the function is loaded."""
    function = read.function
    indexes = named_indexes.of_project(function.pyproject, function.locks)
    with index_access.prepared(
        building.context.environ, read.bindings, indexes, function.folder
    ) as access:
        secretive = process.masked(building.run, access.secrets)
        uv = Uv.with_cache(secretive, access.environ, cache)
        yield uv.with_options(*access.options).knowing(access.indexes), access
