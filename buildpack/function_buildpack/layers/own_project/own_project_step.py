"""The Project step: installs the function's own project as a package."""

import json
import shutil
import tempfile
import textwrap
from dataclasses import replace
from functools import partial
from pathlib import Path

from function_buildpack import constants
from function_buildpack.cnb.layers import Created, Empty, Layer, Restored
from function_buildpack.layers import isolation, reasons
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.dependencies import build_inputs, dependencies_layer, layer_key
from function_buildpack.layers.own_project import own_project_layer, static_metadata
from function_buildpack.layers.own_project.own_project_layer import (
    Metadata,
    OwnProject,
    SourceChanges,
)
from function_buildpack.log import output, phrases
from function_buildpack.log.errors.tools import DiskFull
from function_buildpack.plan.plan import Plan
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.project import Project
from function_buildpack.system import tree
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Result
from function_buildpack.uv import index_failures
from function_buildpack.uv.client import Uv


def provide(
    build: Build, chosen: Plan, runtime: Layer, python: Interpreter, uv: Uv
) -> OwnProject | None:
    """Fill the layer of the function's own project, and add generated files to the source.

    An earlier result comes from the archive. None if the project is not a package, or cannot be
    installed as one. Most functions work without, and the build checks that each one loads.

    :raises BuildpackError: the disk is full, or see checks/shared_libraries.py.
    """
    if not chosen.package.exists:
        return None
    output.heading("Project")
    wanted = _metadata(build, chosen, python, uv)
    shutil.rmtree(build.layers.root / constants.PROJECT, ignore_errors=True)  # written each time
    match build.layers.restored(constants.PROJECT, wanted, build.archives.has):
        case Restored(layer):
            output.line(reasons.reused("project"))
            return _filled(build, chosen, layer, python)
        case Empty(layer, cause):
            output.line(f"Installing: {reasons.because(cause)}")
            failed = _make(build, chosen, layer, python, uv, runtime=runtime)
            if not failed:
                return _filled(build, chosen, layer, python)
            log_failure(failed, was_there=not isinstance(cause, Created))
            layer.path.rmdir()
            return None


def _filled(build: Build, chosen: Plan, layer: Layer, python: Interpreter) -> OwnProject:
    """Fill the layer and the application from the layer's archive."""
    function = chosen.project
    whole = _importable(function) if chosen.package.is_static else []
    changes = own_project_layer.fill(layer, build.archives, function.package.parent, whole)
    log_source_changes(changes, build.context.app)
    own = OwnProject(layer)
    own_project_layer.compile_packages(own, python, build.run)
    found = own.package
    if older := own_project_layer.remove_older(function.package.parent, found.name):
        output.line(phrases.not_in_image(older, build.context.app))
    output.line(f"Installed: {found.name} {found.version}")
    return own


def _metadata(build: Build, chosen: Plan, python: Interpreter, uv: Uv) -> Metadata:
    """Return the key: everything that decides what an installation adds to the source."""
    is_static = chosen.package.is_static
    common = Metadata(
        source=_digest_of_static(chosen) if is_static else "",
        python=python.identity or python.version,
        platform=build.context.target.described,
        uv=uv.version,
        buildpack=build.buildpack.version,
    )
    return common if is_static else _with_inputs(common, build, chosen, uv)


def _digest_of_static(chosen: Plan) -> str:
    """Return a digest of static metadata and the files that they name."""
    function = chosen.project
    table = json.dumps(function.pyproject.project, sort_keys=True, default=str)
    files = tree.identify(static_metadata.described_by(function), function.folder)
    return tree.digest([table.encode(), *files])


def _with_inputs(common: Metadata, build: Build, chosen: Plan, uv: Uv) -> Metadata:
    """Add everything that a build backend can read."""
    context, folder = build.context, chosen.project.folder
    keys = build_inputs.cache_keys(folder)
    source = tree.files({context.app, *keys.files}, context.app)
    passed = {name: value for name, value in context.environ.items() if name in uv.environ}
    around = ReferenceResolver(context.app, folder, uv.environ)
    return replace(
        common,
        source=tree.digest(tree.identify(source, context.app)),
        git=reasons.listed(build_inputs.git_state([folder], uv.run, uv.environ)),
        variables=reasons.listed(build_inputs.variables(passed, keys.variables)),
        uv_settings=layer_key.uv_settings(uv.install_settings, around),
        uv_configuration=layer_key.uv_configuration(uv.environ),
        refresh=build.settings.refresh,
        library_check=build.settings.library_check.value,
    )


def _importable(function: Project) -> list[str]:
    """Return the names of packages and modules next to the function that can be imported."""
    root = function.package.parent
    found = {path.name for path in function.siblings.values() if path.parent == root}
    return sorted(found - _NOT_INSTALLED)


# Files next to a package that are not part of it, from setuptools' lists (FlatLayoutPackageFinder,
# FlatLayoutModuleFinder).
_NOT_INSTALLED = frozenset({"conftest.py", "docs", "examples", "noxfile.py", "setup.py", "tests"})


def _make(  # noqa: PLR0913 -- inputs of a build
    build: Build, chosen: Plan, layer: Layer, python: Interpreter, uv: Uv, *, runtime: Layer
) -> str:
    """Create the layer's archive. Return uv's output if the project could not be installed.

    :raises BuildpackError: see checks/shared_libraries.py.
    """
    from function_buildpack.checks import shared_libraries  # noqa: PLC0415 -- a rebuild does without

    with own_project_layer.workplace(layer) as place:
        if chosen.package.is_static:
            result = _describe(build, chosen, python, uv, place)
        else:
            result = _build(build, chosen, python, uv, place, runtime=runtime)
        if result.status != 0:
            return result.output
        started_by = dependencies_layer.python(build.layers, python.minor)
        own_project_layer.sort(place, chosen.project.package.parent, python, started_by)
        folders = build.layers.library_folders(chosen.launch_env)
        shared_libraries.check(place, folders, build.settings.library_check)
        build.archives.store(layer, place)
    return ""


def _describe(build: Build, chosen: Plan, python: Interpreter, uv: Uv, place: Path) -> Result:
    """Install the metadata of pyproject.toml. No code of the project runs."""
    folder = static_metadata.describe(chosen.project, build.context.app, place)
    # Settings for dependencies do not matter here.
    uv = uv.without({*_UNSUITABLE, *uv.install_settings})
    # Not uv's cache of this build, which shows whether code has run.
    with tempfile.TemporaryDirectory(dir=place) as cache:
        apart = uv.with_other_cache(Path(cache))
        return apart.install_folder(folder, place / own_project_layer.PACKAGES, python.path)


def _build(  # noqa: PLR0913 -- see above
    build: Build, chosen: Plan, python: Interpreter, uv: Uv, place: Path, *, runtime: Layer
) -> Result:
    """Build and install the project in a temporary folder, confined to it."""
    output.line(f"Running the build backend, because {chosen.package.built_for}")
    app = build.context.app
    folder = own_project_layer.copy(chosen.project, app, place)
    confinement = isolation.of_copy(build, place, uv.cache)
    # A hard link to a file of the dependencies layer would count as a change of that file.
    uv = uv.without(_UNSUITABLE).with_copies()
    confined = replace(uv, run=partial(uv.run, confinement=confinement))
    others = (app, build.layers.root / constants.DEPENDENCIES)
    with output.timed("Built the project"), isolation.installing(build, runtime, *others):
        return confined.install_folder(folder, place / own_project_layer.PACKAGES, python.path)


# A folder has no hash, and bytecode contains the final path of its source.
_UNSUITABLE = ("UV_REQUIRE_HASHES", "UV_COMPILE_BYTECODE")

_MAX_LINES = 12


def log_failure(said: str, *, was_there: bool) -> None:
    """Log why the project could not be installed.

    :raises BuildpackError: the disk is full. Or the package index fails and the earlier image has
        the project (`was_there`): the next build may succeed, so the image must not lose it.
    """
    failure = index_failures.find(said)
    if failure and (was_there or failure is DiskFull):
        raise failure(said.strip())
    for line in _explanation(said)[-_MAX_LINES:]:
        output.child(line)
    output.note(
        "The project cannot be installed as a package. The image has its source and dependencies, "
        "but not its metadata, entry points, scripts or generated files. To see the error on your "
        'machine, run "pip install ." in its folder.'
    )


_TRACEBACK = "Traceback (most recent call last):"


def _explanation(said: str) -> list[str]:
    """Return uv's explanation of a failed build, with the last lines of a traceback only."""
    text = said[said.find("error: ") :].partition("\nhint: ")[0]
    for start in (_TRACEBACK, "[stderr]"):
        if start in text:
            frames = textwrap.dedent(text.rpartition(start)[2].strip("\n")).splitlines()
            is_traced = start == _TRACEBACK
            return [line for line in frames if not (is_traced and line.startswith("  "))]
    return text.rstrip().splitlines()


def log_source_changes(changes: SourceChanges, app: Path) -> None:
    """Log which files of the application the project's build has created or changed."""
    for what, paths in (
        ("Added to the source by the project's build", changes.new),
        ("Replaced in the source by the project's build", changes.changed),
    ):
        if paths:
            output.line(f"{what}: {_listed(paths, app)}")
    if changes.refused:
        output.note(
            f"The project's build created {_listed(changes.refused, app)}, which could not be "
            f"written, because another user owns the folder."
        )


def _listed(paths: list[Path], app: Path) -> str:
    return phrases.some([str(path.relative_to(app)) for path in paths])
