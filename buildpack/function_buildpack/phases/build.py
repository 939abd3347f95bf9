"""The build, in the order of its log: read, decide, install, prepare, check, launch."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from function_buildpack import constants
from function_buildpack.cnb import phases
from function_buildpack.cnb.context import BuildContext
from function_buildpack.cnb.launch import Launch
from function_buildpack.cnb.layers import Layers
from function_buildpack.layers import isolation, variables_layer
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.build_context import Build, Buildpack
from function_buildpack.layers.dependencies import dependencies_step
from function_buildpack.layers.own_project import own_project_step
from function_buildpack.layers.python import python_step
from function_buildpack.layers.python.python_layer import Python
from function_buildpack.layers.runtime import runtime_layer, runtime_step
from function_buildpack.layers.uv_cache import UvDownloads
from function_buildpack.log import log_settings, output, report
from function_buildpack.phases import application_step, launch_step, source_step
from function_buildpack.phases.launch_step import ImageLayers
from function_buildpack.phases.source_step import FunctionSource
from function_buildpack.plan import plan
from function_buildpack.plan.plan import Plan
from function_buildpack.source.settings import Settings
from function_buildpack.system import background, process
from function_buildpack.system.background import BackgroundThread
from function_buildpack.system.process import Runner
from function_buildpack.uv import index_access, named_indexes
from function_buildpack.uv.client import Uv
from function_buildpack.uv.index_access import IndexAccess

# All layers of this buildpack. "store" is the lifecycle's store.toml; build_tools.py creates one.
_LAYERS = (
    *(
        constants.ARCHIVES,
        constants.DEPENDENCIES,
        constants.PROJECT,
        constants.PYTHON,
        constants.PYTHON_ARCHIVE,
    ),
    *(constants.RUNTIME, constants.VARIABLES, constants.BUILD_TOOLS, "store"),
)


def main() -> int:
    """Run the phase and return its exit code."""
    return phases.run_build(_build_timed, on_error=report.error)


def _build_timed(context: BuildContext) -> Launch:
    log_settings.use(context.environ)
    with output.whole():
        return build(context, Buildpack.installed())


def build(context: BuildContext, buildpack: Buildpack, run: Runner = process.run) -> Launch:
    """Turn the function into layers and a launch process.

    :raises BuildpackError: the function cannot be built; see errors.
    """
    output.title(f"Knative Python function {buildpack.version}")
    settings, layers = Settings.from_environ(context.environ), Layers(context.layers)
    archives = Archives.restored(layers)
    return _build(Build(context, buildpack, settings, layers, archives, run))


def _build(build: Build) -> Launch:
    read = source_step.read(build)
    with (
        _cache(build.layers) as cache,
        background.working() as thread,  # inside of the cache: it reads what uv has downloaded
    ):
        with _installer(build, cache, read) as (uv, access):
            filled = _fill(build, read, uv, access, thread)
        filled.python.trim()
        _check(build, read, filled, thread)
    return _keep(build, filled)


@dataclass(frozen=True)
class _Filled:
    """The filled layers of a build, with its plan, its Python and uv's downloads."""

    chosen: Plan
    python: Python
    contents: ImageLayers
    fetched: UvDownloads


def _fill(
    build: Build, read: FunctionSource, uv: Uv, access: IndexAccess, thread: BackgroundThread
) -> _Filled:
    """Decide what to build, and fill the layers with Python, the runtime and the packages."""
    app = build.context.app
    requests, wanted = python_step.choose(build, read.declared.chosen, uv)
    scaffolded = read.workspace.scaffolded_invoke
    chosen = plan.make(read.declared, build.settings, wanted.version, scaffolded)
    source_step.log_function(chosen, read.workspace, app)
    python_step.log_choice(requests, wanted)
    source_step.warn_about_names(read.declared, app)
    # Before the installation: uv would treat func's pyproject.toml as the root of a workspace.
    source_step.remove_leftovers(app, read.workspace)

    provided = python_step.provide(build, wanted, uv)
    own = provided.interpreter
    runtime = runtime_step.provide(build, own, uv, thread)
    output.heading("Dependencies")
    dependencies_step.log_access(read.bindings, access)
    alone = dependencies_step.alone(build, chosen, read.wheels, uv)
    with isolation.installing(build, runtime):
        installer = uv.with_package_check(
            partial(python_step.check_source_build, requests, own, uv, app)
        )
        installed = dependencies_step.provide(build, chosen, alone, own, installer)
        thread.finish()
    at_wheels = dependencies_step.at_wheels(uv, alone)
    project = own_project_step.provide(build, chosen, runtime, own, at_wheels)
    fetched = UvDownloads(uv.cache, own, trusted=not uv.ran_code())
    return _Filled(chosen, provided, ImageLayers(installed, runtime, project), fetched)


def _check(build: Build, read: FunctionSource, filled: _Filled, thread: BackgroundThread) -> None:
    """Prepare the application, and check that the function loads with the filled layers."""
    app, archives, contents = build.context.app, build.archives, filled.contents
    application_step.prepare(build, read.wheels)
    kept = launch_step.to_keep(build, contents)
    archives.remove_others(contents.layers)
    archives.link_large_files(kept)  # before the snapshot: it changes inodes, also in uv's cache
    before = isolation.snapshot(build)
    own = filled.python.interpreter
    compiling = application_step.start_compiling(build, read.function, own, thread)
    packing = thread.start(partial(archives.pack, kept, before, filled.fetched))
    launch_step.check_function(build, filled.chosen, filled.python, contents)
    thread.finish()
    application_step.log_compiled(compiling.result(), app)
    made = compiling.result().written | packing.result()
    isolation.check_unchanged(build, before, made, contents.layers)


def _keep(build: Build, filled: _Filled) -> Launch:
    """Write the `<layer>.toml` of each layer, without which the lifecycle exports none."""
    layers, contents, chosen = build.layers, filled.contents, filled.chosen
    layers.remove_descriptions_except(_LAYERS)
    contents.installed.keep()
    runtime_layer.keep(contents.runtime)
    build.archives.keep()
    if contents.project:
        contents.project.keep()
    filled.python.keep()
    variables_layer.contribute(layers, chosen.launch_env)
    own = filled.python.interpreter
    return launch_step.describe(chosen, contents.installed, contents.runtime, own)


@contextmanager
def _cache(layers: Layers) -> Iterator[Path]:
    """Yield a cache folder for uv that is deleted after the build."""
    with tempfile.TemporaryDirectory(dir=layers.root, prefix=".uv-cache-") as cache:
        yield Path(cache)


@contextmanager
def _installer(build: Build, cache: Path, read: FunctionSource) -> Iterator[tuple[Uv, IndexAccess]]:
    """Yield uv and its access to package indexes. Both end before the function is loaded."""
    function = read.function
    indexes = {**read.declared.indexes, **named_indexes.of_project(function.pyproject)}
    with index_access.prepared(
        build.context.environ, read.bindings, indexes, function.folder
    ) as access:
        secretive = process.masked(build.run, access.secrets)
        uv = Uv.with_cache(secretive, access.environ, cache)
        yield uv.from_source(access.source).with_indexes(access.indexes), access
