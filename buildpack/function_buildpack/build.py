"""The build, told in the order of its log: read, decide, install, prepare, check, launch."""

import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from function_buildpack import (
    application,
    bindings,
    check,
    distributions,
    file_modes,
    index_access,
    interpreter,
    names,
    output,
    plan,
    process,
    project,
    python_versions,
    report,
    sbom,
    shared_libraries,
    vendored,
    workspace,
)
from function_buildpack.bindings import Bindings
from function_buildpack.bytecode import Compiled
from function_buildpack.cnb import phases
from function_buildpack.cnb.context import BuildContext
from function_buildpack.cnb.launch import Launch, Process
from function_buildpack.cnb.layers import (
    Changed,
    Created,
    Empty,
    Layer,
    Layers,
    Restored,
    Unreadable,
)
from function_buildpack.index_access import IndexAccess
from function_buildpack.installer import Download, Uv
from function_buildpack.interpreter import Interpreter
from function_buildpack.layers import configuration, dependencies, runtime
from function_buildpack.layers import python as python_layer
from function_buildpack.layers.archives import Archives
from function_buildpack.plan import Plan
from function_buildpack.python_versions import Wanted
from function_buildpack.settings import Selection, Settings
from function_buildpack.statements import Source
from function_buildpack.workspace import Workspace


@dataclass(frozen=True)
class Buildpack:
    """This buildpack as it is installed: its folder and its version."""

    root: Path
    version: str

    @classmethod
    def installed(cls) -> "Buildpack":
        """Return the buildpack that this code is part of."""
        root = Path(__file__).resolve().parent.parent
        descriptor = tomllib.loads((root / "buildpack.toml").read_text(encoding="utf-8"))
        return cls(root, descriptor["buildpack"]["version"])

    @property
    def runtime(self) -> runtime.Source:
        """The runtime that it ships."""
        return runtime.Source(self.root / "runtime")


def main() -> int:
    """Run the phase and return its exit code."""
    return phases.run_build(_build_timed, on_error=report.error)


def _build_timed(context: BuildContext) -> Launch:
    with output.timed("Done"):
        return build(context, Buildpack.installed())


def build(context: BuildContext, buildpack: Buildpack, run: process.Runner = process.run) -> Launch:
    """Turn the function into layers and a launch process.

    :raises BuildpackError: the function cannot be built; see errors.
    """
    output.title(f"Knative Python function {buildpack.version}")
    settings = Settings.from_environ(context.environ)
    layers = Layers(context.layers)
    archives = Archives.restored(layers)

    output.heading("Reading the function")
    _tell_settings(settings)
    _settle_modes(context.app)
    found = workspace.locate(context.app, settings.function_path)
    function = project.read(found)
    bound = bindings.read(context.bindings)
    wheels = vendored.locate(context.app, function.folder, settings.wheels)

    with (
        tempfile.TemporaryDirectory(dir=context.layers, prefix=".uv-cache-") as cache,
        index_access.prepared(context.environ, bound) as access,
    ):
        secretive = process.masked(run, access.secrets)
        uv = Uv.with_cache(secretive, access.environ, Path(cache)).with_options(*access.options)
        uv_version = uv.version(context.app)

        wish, wanted_python = _choose_python(function, settings, uv, context.app)
        chosen = plan.make(function, settings, wanted_python.version, found.scaffolded_invoke)
        _tell(chosen, found, context.app, wish, wanted_python)
        # Before the install: uv takes a pyproject.toml of func's above the function for a
        # workspace.
        _remove_leftovers(context.app, found)

        provided = _provide_python(layers, wanted_python, context, uv, uv_version)
        python = provided.interpreter

        output.heading("Dependencies")
        wanted = replace(
            dependencies.metadata(chosen, python, context.target, uv_version, buildpack.version),
            wheels=vendored.digest(wheels),
        )
        _tell_access(bound, access)
        kept = dependencies.restore(layers, wanted, archives)
        installed = _install_dependencies(
            kept, chosen, python, _from_wheels(uv, wheels, context.app)
        )
        if installed.layer.filled:
            installed.check_runtime(buildpack.runtime.ranges())
            _check_installed(installed.site(python.minor), chosen, layers, settings)

        output.heading("Runtime")
        needed = runtime.metadata(buildpack.runtime, python, context.target, uv_version)
        same = runtime.restore(layers, needed, archives)
        served = _install_runtime(same, buildpack.runtime, python, uv)
        provided.trim()

    output.heading("Application")
    if wheels:
        vendored.remove(wheels)
    _prepare_application(context.app, function, python, run)

    output.heading("Launch")
    env = (*installed.env, *runtime.ENV, *provided.env, *chosen.launch_env)
    packed = _pack(archives, installed, served)
    with _packages(installed, served, packed, python) as packages:
        _check_function(check.Loader(run, packages, env), chosen, context)
    installed.keep()
    runtime.keep(served)
    archives.keep()
    provided.keep()
    configuration.contribute(layers, chosen.launch_env)
    return _launch(chosen, installed, python)


def _tell_settings(settings: Settings) -> None:
    if settings.given:
        output.line(f"Settings: {', '.join(settings.given)}")
    for name, meant in settings.misspelt.items():
        output.note(f"{name} is no setting and was not used. Is {meant} meant?")


def _settle_modes(app: Path) -> None:
    if opened := file_modes.settle(app):
        output.line(f"Made readable for the image's user: {len(opened)} files")


def _choose_python(
    function: project.Project, settings: Settings, uv: Uv, app: Path
) -> tuple[Wanted, Interpreter | Download]:
    """Return what is asked for, and the images' own Python if it will do, else one to install."""
    wish, own = python_versions.wanted(function, settings), interpreter.current()
    if wish.allows(own.version):
        return wish, own
    listed = {item.version: item for item in uv.pythons(app)}
    return wish, listed[python_versions.newest(wish, [*listed])]


def _tell(
    chosen: Plan, found: Workspace, app: Path, wish: Wanted, python: Interpreter | Download
) -> None:
    function = chosen.project
    output.line(f"Function: {function.package.relative_to(app)}")
    if found.scaffolding:
        output.line("Workspace: func's, with its service/, whose place our runtime takes")
    output.line(f"Invoked with: {chosen.invoke} ({chosen.invoke_reason})")
    _tell_python(wish, python)
    for name, meant in function.misnamed.items():
        output.note(f"{name} is not read. Is {meant} meant?")
    for path in function.hiding:
        output.note(
            f"{path.relative_to(app)} hides Python's own module {path.stem} from the function and "
            f"from all packages. Rename it if that is not meant."
        )


def _tell_python(wish: Wanted, chosen: Interpreter | Download) -> None:
    own = interpreter.current()
    origin = "the images' own" if chosen == own else "in a layer of its own"
    reason = f" ({wish})" if wish.statements else ""
    output.line(f"Python: {chosen.version}, {origin}{reason}")
    if chosen != own and python_versions.is_pinned(wish, own.version):
        output.note(
            f"{wish}, with its patch version. {own.minor} is the images' own, {own.version}: it "
            f"needs no layer, and a rebase brings its fixes."
        )
    if month := python_versions.ended(chosen.version, datetime.now(UTC).date().isoformat()):
        output.note(f"Python {chosen.version} is of a version without fixes since {month}.")


def _tell_access(bound: Bindings, access: IndexAccess) -> None:
    if bound.names:
        output.line(f"Bindings: {', '.join(bound.names)}")
    if access.unused:
        output.note(f"pip.conf has settings that are not used here: {', '.join(access.unused)}")


def _from_wheels(uv: Uv, wheels: Path | None, app: Path) -> Uv:
    """Have uv take packages from the function's own wheels alone, if there are any."""
    if wheels is None:
        return uv
    output.line(f"Wheels: {os.path.relpath(wheels, app)}, and no index")
    return uv.with_options("--no-index", "--find-links", wheels)


def _provide_python(
    layers: Layers, chosen: Interpreter | Download, context: BuildContext, uv: Uv, uv_version: str
) -> python_layer.Python:
    """Put the chosen Python into its place."""
    if isinstance(chosen, Interpreter):
        return python_layer.OfImages(chosen)
    output.heading("Python")
    wanted = python_layer.metadata(chosen, context.target, uv_version)
    match python_layer.restore(layers, wanted):
        case Restored(kept):
            output.line("Reusing the python layer: nothing that decides it has changed")
            return python_layer.reuse(layers, kept, chosen)
        case Empty(empty, cause):
            output.line(f"Installing {chosen.key}: {_because(cause)}")
            with output.timed("Installed Python"):
                return python_layer.install(layers, empty, chosen, uv)


def _install_dependencies(
    layer: Restored | Empty, chosen: Plan, python: Interpreter, uv: Uv
) -> dependencies.Dependencies:
    _tell_source(chosen)
    match layer:
        case Restored(kept):
            output.line("Reusing the dependencies layer: nothing that decides it has changed")
            return dependencies.Dependencies(kept)
        case Empty(empty, cause):
            output.line(f"Installing: {_because(cause)}")
            with output.timed("Installed the dependencies"):
                dependencies.install(empty, chosen, python, uv)
            return dependencies.Dependencies(empty)


def _tell_hidden(site: Path, beside: Mapping[str, Path]) -> None:
    hidden = distributions.providing(site, beside)
    for module, package in sorted(hidden.items()):
        output.note(f"{beside[module].name} hides {module} of the package {package}")


def _check_installed(site: Path, chosen: Plan, layers: Layers, settings: Settings) -> None:
    _tell_hidden(site, chosen.project.beside)
    beside = layers.library_folders(chosen.launch_env)
    shared_libraries.check(site, beside, settings.library_check)


def _tell_source(chosen: Plan) -> None:
    for name, reason in chosen.unread.items():
        output.note(f"{name} is not read: {reason}")
    if chosen.source is Source.NOTHING:
        output.line("Stated nowhere: no lock, no requirements.txt, no pyproject.toml with them")
        return
    output.line(f"Stated in: {os.path.relpath(chosen.source_path, chosen.project.folder)}")
    for unused in chosen.unused_sources:
        output.line(f"Not read: {unused.value}, because {chosen.source.value} comes first")
    _tell_selection(chosen.selection)
    if chosen.for_tests:
        output.note(
            f"the image gets what tests and checks run with: {', '.join(chosen.for_tests)}. "
            f"State it in a group, such as dev of [dependency-groups], and it stays out."
        )
    if chosen.constraints:
        output.note(
            f"the function imports modules of the cloudevents SDK 1, so the build adds "
            f'"{", ".join(chosen.constraints)}". State it in {chosen.source.value} to own it.'
        )


def _tell_selection(selection: Selection) -> None:
    for kind, wanted in (("Extras", selection.extras), ("Groups", selection.groups)):
        if wanted:
            output.line(f"{kind}: {', '.join(sorted(wanted))}")


def _install_runtime(
    layer: Restored | Empty, source: runtime.Source, python: Interpreter, uv: Uv
) -> Layer:
    match layer:
        case Restored(kept):
            output.line("Reusing the runtime layer: nothing that decides it has changed")
            return kept
        case Empty(empty, cause):
            output.line(f"Installing: {_because(cause)}")
            if source.prepared(empty).is_dir():
                output.line("The builder has its packages ready")
            with output.timed("Installed the runtime"):
                runtime.install(empty, source, python, uv)
            return empty


def _because(cause: Created | Unreadable | Changed) -> str:
    match cause:
        case Created():
            return "there is no layer of an earlier build"
        case Unreadable():
            return "the layer of the earlier build is another version's"
        case Changed(fields):
            changes = (_change(name, *values) for name, values in fields.items())
            return f"since the earlier build, {', '.join(changes)}"


_DIGEST = re.compile(r"([0-9a-f]{32})?")


def _change(name: str, before: str, now: str) -> str:
    if _DIGEST.fullmatch(before) and _DIGEST.fullmatch(now):  # which tells nobody anything
        return f"{name} changed"
    return f"{name} changed from {before or 'none'} to {now or 'none'}"


def _remove_leftovers(app: Path, found: Workspace) -> None:
    removed = application.remove_leftovers(app, found.scaffolding)
    if removed:
        left_out = _some([str(path.relative_to(app)) for path in removed])
        output.line(f"Left out of the image: {left_out}")


def _some(names_: list[str]) -> str:
    """List names, as many as one reads in a log."""
    shown, more = names_[:_LISTED], len(names_) - _LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


_LISTED = 8


def _prepare_application(
    app: Path, function: project.Project, python: Interpreter, run: process.Runner
) -> None:
    if stray := [str(path.relative_to(app)) for path in application.stray_links(app)]:
        output.note(f"links that lead nowhere or out of the source: {_some(stray)}")
    with output.timed("Compiled the sources"):
        compiled = application.compile_sources(app, function.package, python, run)
    tell_compiled(compiled, app)


def tell_compiled(compiled: Compiled, app: Path) -> None:
    """Say which sources have no bytecode, and why."""
    for error in compiled.broken:
        output.note(
            f"{error.path.relative_to(app)} does not compile; it is not part of the function"
        )
    if compiled.unwritable:
        paths = ", ".join(str(path.relative_to(app)) for path in compiled.unwritable)
        output.line(f"Not compiled, for the folder is another user's: {paths}")


def _pack(archives: Archives, installed: dependencies.Dependencies, served: Layer) -> list[Path]:
    folders = {installed.layer: installed.library, served: runtime.library(served)}
    if all(archives.hold(layer) for layer in folders):
        return archives.pack(folders)
    with output.timed("Packed the packages, for the check of the next build,"):
        return archives.pack(folders)


@contextmanager
def _packages(
    installed: dependencies.Dependencies, served: Layer, packed: list[Path], python: Interpreter
) -> Iterator[check.Packages]:
    """Yield the packages where they are: in the layers, or in archives if a layer is reused."""
    if installed.layer.filled and served.filled:
        yield check.Installed(installed.python(python.minor))
        return
    layers = installed.layer.path.parent
    with tempfile.TemporaryDirectory(dir=layers, prefix=".check-") as root:
        site = installed.site(python.minor).relative_to(layers)
        yield check.Archived(python.path, Path(root), site, packed)


def _check_function(loader: check.Loader, chosen: Plan, context: BuildContext) -> None:
    if chosen.check is chosen.check.OFF:
        output.line("Not checked that the function loads: BP_FUNCTION_CHECK is off")
        return
    with output.timed("Loaded the function"):
        loader.load(chosen.project, chosen.check, context.environ)


def _launch(chosen: Plan, installed: dependencies.Dependencies, python: Interpreter) -> Launch:
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
