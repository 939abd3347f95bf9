"""The Launch step: checks that the function loads, and describes how the image starts."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from function_buildpack import constants
from function_buildpack.checks import load_check
from function_buildpack.cnb.launch import Launch, Process
from function_buildpack.cnb.layer_env import Change
from function_buildpack.cnb.layers import Layer
from function_buildpack.image import sbom
from function_buildpack.layers import isolation
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.dependencies.dependencies_layer import Dependencies
from function_buildpack.layers.own_project.own_project_layer import OwnProject
from function_buildpack.layers.python.python_layer import Python
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.log import output, phrases, printable
from function_buildpack.plan.plan import Plan
from function_buildpack.system import file_changes
from function_buildpack.system.interpreter import Interpreter

# Of the image's variables, those that a build sets by itself.
_OWN_VARIABLES = frozenset(
    {constants.FUNC_INVOKE, constants.FUNC_LIVENESS_PATH, constants.FUNC_READINESS_PATH}
)


@dataclass(frozen=True)
class ImageLayers:
    """The layers of the image next to the application: packages, runtime, the own project."""

    installed: Dependencies
    runtime: Layer
    project: OwnProject | None

    @property
    def layers(self) -> list[Layer]:
        """All of these layers."""
        own = [self.project.layer] if self.project else []
        return [self.installed.layer, self.runtime, *own]


def to_keep(build: Build, contents: ImageLayers) -> dict[Layer, Path]:
    """Return the folders to archive for the next build.

    A builder with a prepared runtime needs no archive of it. The project's archive exists already.
    """
    installed, runtime = contents.installed, contents.runtime
    folders = {installed.layer: installed.library, runtime: runtime_layer.library(runtime)}
    if runtime_layer.RuntimeSource.of(build.buildpack.root).prepared(runtime).is_dir():
        del folders[runtime]
    return folders


def check_function(build: Build, chosen: Plan, python: Python, contents: ImageLayers) -> None:
    """Check that the function loads, with the packages and the environment of the image.

    :raises FunctionUnloadable: it does not. :raises FunctionSlow: it takes too long.
    """
    output.heading("Launch")
    if chosen.check is chosen.check.OFF:
        output.line("Skipped the check that the function loads: BP_FUNCTION_CHECK is off")
        return
    own = contents.project.env if contents.project else ()
    env = (*contents.installed.env, *own, *runtime_layer.ENV, *python.env, *chosen.launch_env)
    output.line(f"Checking that the function loads ({constants.FUNCTION_CHECK}=off skips this)")
    with _folder(build) as root, output.timed("Loaded the function"):
        packages = _packages(build, root, contents, python.interpreter)
        confinement = isolation.of_function(build, root)
        sandbox = load_check.Sandbox.create(root, build.context.app, confinement)
        before = file_changes.snapshot([sandbox.copy])
        loader = load_check.Loader(build.run, packages, env, sandbox=sandbox)
        loader.load(chosen, build.context.environ, build.context.app)
        isolation.warn_about_writes(sandbox.copy, before)


@contextmanager
def _folder(build: Build) -> Iterator[Path]:
    """Yield a temporary folder for loading the function, on the same disk as the layers."""
    with tempfile.TemporaryDirectory(dir=build.layers.root, prefix=".check-") as root:
        yield Path(root)


def _packages(
    build: Build, root: Path, contents: ImageLayers, python: Interpreter
) -> load_check.Packages:
    """Return where the packages are: in the layers, in the builder, or in archives."""
    installed, runtime, project = contents.installed, contents.runtime, contents.project
    if installed.layer.filled and runtime.filled:
        return load_check.InstalledPackages(installed.python(python.minor))
    layers, archives = build.layers.root, list[Path]()
    runtime_here = runtime_layer.here(runtime, runtime_layer.RuntimeSource.of(build.buildpack.root))
    places = [
        (installed.layer, installed.library, installed.library),
        (runtime, runtime_layer.library(runtime), runtime_here),
    ]
    places += [(project.layer, project.packages, project.packages)] if project else []
    for layer, folder, here in places:
        if here.is_dir():
            place = root / folder.relative_to(layers)
            place.parent.mkdir(parents=True)
            place.symlink_to(here)
        else:
            archives.append(build.archives.of(layer))
    site = installed.site(python.minor).relative_to(layers)
    return load_check.ArchivedPackages(python.path, root, site, archives)


def _shown(change: Change) -> str:
    """Return a variable of the image for the log: a build's own with its value.

    The user's own only by name, because nobody knows which of their values are secrets
    (heroku/heroku-buildpack-nodejs#1053, netlify/build#3392).
    """
    is_ours = change.name in _OWN_VARIABLES
    return phrases.setting(change.name, change.value) if is_ours else change.name


def describe(chosen: Plan, installed: Dependencies, runtime: Layer, python: Interpreter) -> Launch:
    """Return the launch process, the labels and the SBOM of the image."""
    # Signals go to the runtime alone, which finishes its requests, not to child processes.
    init = (str(runtime_layer.init(runtime)), "--single-child", "--")
    web = Process(
        type="web",
        command=(*init, str(installed.python(python.minor)), "-m", constants.RUNTIME_MODULE),
        working_directory=chosen.project.folder,
        default=True,
    )
    labels = {printable.line(key): printable.line(text) for key, text in chosen.labels.items()}
    output.line(f"Process web: {' '.join(web.command)}")
    output.line(f"Variables: {', '.join(sorted({_shown(each) for each in chosen.launch_env}))}")
    if python.identity:  # then the Python layer has an SBOM
        return Launch(processes=(web,), labels={constants.PYTHON_LABEL: python.version, **labels})
    contents = sbom.document([sbom.interpreter(python.version)])
    return Launch(processes=(web,), labels=labels, sboms=contents)
