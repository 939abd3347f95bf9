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
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.dependencies import Dependencies
from function_buildpack.layers.python import Python
from function_buildpack.plan import Plan


def check_function(
    building: Building, chosen: Plan, python: Python, installed: Dependencies, served: Layer
) -> None:
    """See that the function loads, with the packages and the environment that the image has.

    :raises FunctionUnloadable: it does not.
    """
    output.heading("Launch")
    env = (*installed.env, *runtime.ENV, *python.env, *chosen.launch_env)
    packed = _pack(building.archives, installed, served)
    with _packages(installed, served, packed, python.interpreter) as packages:
        loader = check.Loader(building.run, packages, env)
        if chosen.check is chosen.check.OFF:
            output.line("Not checked that the function loads: BP_FUNCTION_CHECK is off")
            return
        with output.timed("Loaded the function"):
            loader.load(chosen.project, chosen.check, building.context.environ)


def _pack(archives: Archives, installed: Dependencies, served: Layer) -> list[Path]:
    folders = {installed.layer: installed.library, served: runtime.library(served)}
    if all(archives.hold(layer) for layer in folders):
        return archives.pack(folders)
    with output.timed("Packed the packages, for the check of the next build,"):
        return archives.pack(folders)


@contextmanager
def _packages(
    installed: Dependencies, served: Layer, packed: list[Path], python: Interpreter
) -> Iterator[check.Packages]:
    """Yield the packages where they are: in the layers, or in archives if a layer is reused."""
    if installed.layer.filled and served.filled:
        yield check.Installed(installed.python(python.minor))
        return
    layers = installed.layer.path.parent
    with tempfile.TemporaryDirectory(dir=layers, prefix=".check-") as root:
        site = installed.site(python.minor).relative_to(layers)
        yield check.Archived(python.path, Path(root), site, packed)


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
