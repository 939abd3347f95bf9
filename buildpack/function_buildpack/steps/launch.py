"""How the image starts, once it is seen that it will."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from function_buildpack import check, names, output, sbom
from function_buildpack.building import Building
from function_buildpack.cnb.launch import Launch, Process
from function_buildpack.cnb.layers import Layer
from function_buildpack.interpreter import Interpreter
from function_buildpack.layers import runtime
from function_buildpack.layers.dependencies import Dependencies
from function_buildpack.layers.python import Python
from function_buildpack.plan import Plan


def pack(
    building: Building,
    installed: Dependencies,
    served: Layer,
    cache: Path,
    python: Interpreter,
) -> None:
    """Keep the packages for the next build, but for those that the builder has anyway."""
    folders = {installed.layer: installed.library, served: runtime.library(served)}
    if building.buildpack.runtime.prepared(served).is_dir():
        del folders[served]
    building.archives.pack(folders, cache, python)


def check_function(
    building: Building, chosen: Plan, python: Python, installed: Dependencies, served: Layer
) -> None:
    """See that the function loads, with the packages and the environment that the image has.

    :raises FunctionUnloadable: it does not. :raises FunctionSlow: not in time.
    """
    output.heading("Launch")
    env = (*installed.env, *runtime.ENV, *python.env, *chosen.launch_env)
    with _packages(building, installed, served, python.interpreter) as packages:
        loader = check.Loader(building.run, packages, env)
        if chosen.check is chosen.check.OFF:
            output.line("Not checked that the function loads: BP_FUNCTION_CHECK is off")
            return
        output.line(f"Loading the function: {names.FUNCTION_CHECK}=off would leave that out")
        with output.timed("Loaded the function"):
            loader.load(chosen, building.context.environ, building.context.app)


@contextmanager
def _packages(
    building: Building, installed: Dependencies, served: Layer, python: Interpreter
) -> Iterator[check.Packages]:
    """Yield the packages where they are: in the layers, in the builder, or in archives."""
    if installed.layer.filled and served.filled:
        yield check.Installed(installed.python(python.minor))
        return
    layers, archives = building.layers.root, list[Path]()
    runtime_here = runtime.here(served, building.buildpack.runtime)
    with tempfile.TemporaryDirectory(dir=layers, prefix=".check-") as root:
        for layer, folder, here in (
            (installed.layer, installed.library, installed.library),
            (served, runtime.library(served), runtime_here),
        ):
            if here.is_dir():
                place = Path(root, folder.relative_to(layers))
                place.parent.mkdir(parents=True)
                place.symlink_to(here)
            else:
                archives.append(building.archives.of(layer))
        site = installed.site(python.minor).relative_to(layers)
        yield check.Archived(python.path, Path(root), site, archives)


def describe(chosen: Plan, installed: Dependencies, python: Interpreter) -> Launch:
    """Return the launch process, and what else is said of the image."""
    web = Process(
        type="web",
        command=(str(installed.python(python.minor)), "-m", names.RUNTIME_MODULE),
        working_directory=chosen.project.folder,
        default=True,
    )
    output.line(f"Process web: {' '.join(web.command)}")
    output.line(f"Variables: {', '.join(sorted({each.name for each in chosen.launch_env}))}")
    if python.identity:  # its layer describes it
        labels = {names.PYTHON_LABEL: python.version, **chosen.labels}
        return Launch(processes=(web,), labels=labels)
    contents = sbom.document([sbom.interpreter(python.version)])
    return Launch(processes=(web,), labels=chosen.labels, sboms=contents)
