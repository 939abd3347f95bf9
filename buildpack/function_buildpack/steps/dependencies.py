"""The packages that the function asks for."""

import os
from dataclasses import replace
from pathlib import Path

from function_buildpack import (
    bytecode,
    decisive,
    distributions,
    names,
    output,
    project,
    sbom,
    shared_libraries,
    vendored,
)
from function_buildpack.bindings import Bindings
from function_buildpack.building import Building
from function_buildpack.cnb.layers import Empty, Layer, Restored
from function_buildpack.cnb.sbom_files import Sboms
from function_buildpack.downloads import GivenBack
from function_buildpack.index_access import IndexAccess
from function_buildpack.installer import Uv
from function_buildpack.interpreter import Interpreter
from function_buildpack.layers import dependencies
from function_buildpack.layers.dependencies import Dependencies
from function_buildpack.plan import Plan
from function_buildpack.references import Surroundings
from function_buildpack.settings import Selection
from function_buildpack.statements import LOCKS, Source
from function_buildpack.steps import telling


def tell_access(bound: Bindings, access: IndexAccess) -> None:
    """Say what leads to the packages, beside the public index."""
    if bound.names:
        output.line(f"Bindings: {', '.join(bound.names)}")
    if access.nameless:
        known = ", ".join(sorted(access.indexes)) or "none"
        output.note(
            f"no index has the name in {', '.join(access.nameless)}; the project names: {known}"
        )
    if access.unused:
        output.note(f"settings of pip that are not used here: {', '.join(access.unused)}")


def alone(building: Building, chosen: Plan, wheels: Path | None, uv: Uv) -> Path | None:
    """Return the folder of wheels if packages are installed from it alone, without an index.

    BP_WHEELS says so, or nothing that states the dependencies names the folder or a wheel of it.

    :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
    """
    if wheels is None or building.settings.wheels:
        return wheels
    folder = chosen.project.folder
    linked = [folder / place for place in uv.environ.get("UV_FIND_LINKS", "").split(",")]
    around = Surroundings(building.context.app, folder, uv.environ)
    if not vendored.is_named(wheels, {*decisive.paths(chosen, around), *linked}):
        return wheels
    place = os.path.relpath(wheels, folder)
    output.line(
        f"Wheels: what is named of {place}, and an index for the rest; BP_WHEELS={place} is for "
        f"the folder alone"
    )
    return None


def provide(
    building: Building,
    chosen: Plan,
    wheels: Path | None,
    python: Interpreter,
    uv: Uv,
) -> Dependencies:
    """Reuse the layer of an earlier build, or fill it anew and check what is in it.

    :raises BuildpackError: see installer, and shared_libraries.
    """
    _tell_source(chosen)
    if wheels:
        output.line(f"Wheels: {os.path.relpath(wheels, building.context.app)}, and no index")
        uv = uv.with_options("--no-index", "--find-links", wheels)
    uv = _narrowed(uv, chosen)
    wanted = _wanted(building, chosen, wheels, python, uv)
    before = building.layers.described(names.DEPENDENCIES)
    match dependencies.restore(building.layers, wanted, building.archives):
        case Restored(kept):
            output.line("Reusing the dependencies layer: nothing that decides it has changed")
            return Dependencies(kept)
        case Empty(empty, cause):
            output.line(f"Installing: {telling.because(cause)}")
            _install(building, empty, chosen, python, uv)
            _tell_changes(before, building.layers.described(names.DEPENDENCIES))
            installed = Dependencies(empty)
            _check(building, installed, chosen, python)
            return installed


def _wanted(
    building: Building, chosen: Plan, wheels: Path | None, python: Interpreter, uv: Uv
) -> dependencies.Metadata:
    """Collect what decides the layer's contents."""
    planned = dependencies.metadata(
        chosen, python, building.context, uv, building.buildpack.version
    )
    return replace(
        planned,
        wheels=vendored.digest(wheels),
        library_check=building.settings.library_check.value,
    )


def _install(building: Building, layer: Layer, chosen: Plan, python: Interpreter, uv: Uv) -> None:
    known = building.archives.give_back(layer, uv.cache, python)
    if packages := known.packages:
        output.line(f"Not fetched again: what the earlier build fetched (packages: {packages})")
    with output.timed("Installed the dependencies"):
        dependencies.install(layer, chosen, python, uv, building.context.app)
    _compile(known, layer, python, uv)


def _compile(known: GivenBack, layer: Layer, python: Interpreter, uv: Uv) -> None:
    sources = {*project.sources(Dependencies(layer).site(python.minor))}
    if compiled := known.link(sources, python):
        output.line(f"Not compiled again: what the earlier build compiled (files: {len(compiled)})")
    if new := sources - compiled:
        with output.timed(f"Compiled them (files: {len(new)})"):
            bytecode.compile_packages(new, python, uv.run)


def _tell_changes(before: Sboms, now: Sboms) -> None:
    if earlier := sbom.versions(before):
        output.line(f"Packages since then: {telling.changes(earlier, sbom.versions(now))}")


def _narrowed(uv: Uv, chosen: Plan) -> Uv:
    """Return uv with the platform's constraints, unless a lock has each version, and tell."""
    if not uv.narrowing:
        return uv
    files = " ".join(uv.narrowing.values())
    if chosen.source in LOCKS:
        output.note(
            f"{files} does not count: {chosen.source.value} has the version of each package"
        )
        return uv.without(uv.narrowing)
    output.line(f"Constraints: {files}")
    return uv


def _check(building: Building, installed: Dependencies, chosen: Plan, python: Interpreter) -> None:
    installed.check_runtime(building.buildpack.runtime.ranges())
    site, beside = installed.site(python.minor), chosen.project.beside
    for module, package in sorted(distributions.providing(site, beside).items()):
        output.note(f"{beside[module].name} hides {module} of the package {package}")
    folders = building.layers.library_folders(chosen.launch_env)
    shared_libraries.check(site, folders, building.settings.library_check)


def _tell_source(chosen: Plan) -> None:
    for name, reason in chosen.unread.items():
        output.note(f"{name} is not read: {reason}")
    if chosen.source is Source.NOTHING:
        output.line("Stated nowhere: no lock, no requirements.txt, no pyproject.toml with them")
        return
    output.line(f"Stated in: {os.path.relpath(chosen.source_path, chosen.project.folder)}")
    for unused in chosen.unused_sources:
        output.line(
            f"Not installed from: {unused.value}, because {chosen.source.value} comes first"
        )
    _tell_selection(chosen.selection)
    if chosen.left_out:
        groups = ",".join(chosen.left_out)
        output.note(
            f"{_TOOLS.get(chosen.source, 'uv')} installs these groups by default, this build does "
            f"not: {groups}. If the function needs them, set {names.FUNCTION_GROUPS}={groups}."
        )
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


_TOOLS = {Source.POETRY_LOCK: "Poetry"}


def _tell_selection(selection: Selection) -> None:
    for kind, wanted in (("Extras", selection.extras), ("Groups", selection.groups)):
        if wanted:
            output.line(f"{kind}: {', '.join(sorted(wanted))}")
