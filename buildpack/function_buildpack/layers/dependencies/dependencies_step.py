"""The packages that the function asks for."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from function_buildpack import constants
from function_buildpack.checks import shared_libraries
from function_buildpack.cnb.layers import Empty, Layer, Restored
from function_buildpack.cnb.sbom_files import Sboms
from function_buildpack.image import bytecode, distributions, sbom
from function_buildpack.image.distributions import Distribution
from function_buildpack.layers import isolation
from function_buildpack.layers.build_context import Building
from function_buildpack.layers.dependencies import (
    dependencies_layer,
    layer_key,
    local_wheels,
    repositories,
)
from function_buildpack.layers.dependencies.dependencies_layer import Dependencies, Metadata
from function_buildpack.layers.dependencies.layer_key import Decisive
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.log import output, phrases
from function_buildpack.manifests.statements import LOCKS, Source
from function_buildpack.plan.plan import Plan
from function_buildpack.source import project
from function_buildpack.source.bindings import Bindings
from function_buildpack.source.local_packages import Surroundings
from function_buildpack.source.settings import Selection
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv.client import Uv
from function_buildpack.uv.index_access import IndexAccess
from function_buildpack.uv.uv_cache import GivenBack


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
    if not local_wheels.is_named(wheels, {*layer_key.paths(chosen, around), *linked}):
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
    uv = _narrowed(at_wheels(uv, wheels), chosen)
    decided = Decisive(
        chosen, Surroundings(building.context.app, chosen.project.folder, uv.environ)
    )
    wanted = _wanted(building, decided, wheels, python, uv)
    before = building.layers.described(constants.DEPENDENCIES)
    noted = _with_notes(building, decided, wanted, uv)
    match dependencies_layer.restore(building.layers, noted, building.archives):
        case Restored(kept):
            output.line("Reusing the dependencies layer: nothing that decides it has changed")
            _tell_unasked(decided, wheels, noted)
            return Dependencies(kept)
        case Empty(empty, cause):
            output.line(f"Installing: {phrases.because(cause)}")
            packages = _install(building, empty, chosen, python, uv)
            filled = dependencies_layer.with_own_notes(
                empty, wanted, packages, has_built=uv.ran_code()
            )
            installed = Dependencies(filled)
            _tell_changes(before, building.layers.described(constants.DEPENDENCIES))
            _check(building, installed, chosen, python)
            return installed


def at_wheels(uv: Uv, wheels: Path | None) -> Uv:
    """Return uv with the function's own wheels in the place of all indexes, if it has some."""
    return uv.with_options("--no-index", "--find-links", wheels) if wheels else uv


def _wanted(
    building: Building, decided: Decisive, wheels: Path | None, python: Interpreter, uv: Uv
) -> Metadata:
    """Collect what decides the layer's contents."""
    planned = dependencies_layer.metadata(
        decided, python, building.context, uv, building.buildpack.version
    )
    return replace(
        planned,
        wheels=local_wheels.digest(wheels),
        library_check=building.settings.library_check.value,
        refresh=building.settings.refresh,
    )


def _with_notes(building: Building, decided: Decisive, wanted: Metadata, uv: Uv) -> Metadata:
    """Return what is wanted, as far as an earlier build has noted that it counts.

    Repositories are only asked if nothing else has changed: else all is installed anew anyway.
    """
    before = dependencies_layer.earlier(building.layers)
    noted = dependencies_layer.with_notes(wanted, before)
    known = phrases.unlisted(noted.moving)
    if noted != before or not any(known.values()):
        return noted
    asked = repositories.ask(known, decided.texts, uv.run, uv.environ, uv.cache)
    for reference, failure in asked.failures.items():
        output.note(
            f"{reference} could not be asked again ({failure}). The image keeps the commit of the "
            f"earlier build, {known[reference]}."
        )
    return replace(noted, moving=phrases.listed(asked.commits))


def _tell_unasked(decided: Decisive, wheels: Path | None, kept: Metadata) -> None:
    """Say what may have changed and was not looked up, where no lock pins it, and how it is."""
    chosen = decided.plan
    hashed = any("--hash=" in line for line in chosen.project.requirements)
    if wheels or hashed or chosen.source in {*LOCKS, Source.NOTHING}:
        return
    archives = [place for place, commit in phrases.unlisted(kept.moving).items() if not commit]
    unasked = ["newer versions in the package index", *archives, *sorted(decided.remote_lists)]
    output.line(
        f"Not looked up again: {phrases.some(unasked)}. "
        f"To have the dependencies installed again, give {constants.FUNCTION_REFRESH} a new value, "
        f"such as today's date."
    )


def _install(
    building: Building, layer: Layer, chosen: Plan, python: Interpreter, uv: Uv
) -> list[Distribution]:
    known = building.archives.give_back(layer, uv.cache, python)
    if packages := known.packages:
        output.line(f"Not fetched again: what the earlier build fetched (packages: {packages})")
    with output.timed("Installed the dependencies"):
        confinement = isolation.of_installation(building, layer.path, uv.cache)
        confined = replace(uv, run=partial(uv.run, confinement=confinement))
        installed = dependencies_layer.install(
            layer, chosen, python, confined, building.context.app
        )
    _compile(known, layer, python, uv)
    return installed


def _compile(known: GivenBack, layer: Layer, python: Interpreter, uv: Uv) -> None:
    sources = {*project.sources(Dependencies(layer).site(python.minor))}
    if compiled := known.link(sources, python):
        output.line(f"Not compiled again: what the earlier build compiled (files: {len(compiled)})")
    if new := sources - compiled:
        with output.timed(f"Compiled them (files: {len(new)})"):
            bytecode.compile_packages(new, python, uv.run)


def _tell_changes(before: Sboms, now: Sboms) -> None:
    if earlier := sbom.versions(before):
        output.line(f"Packages since then: {phrases.changes(earlier, sbom.versions(now))}")


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
    installed.check_runtime(runtime_layer.Source.of(building.buildpack.root).ranges())
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
            f"not: {groups}. If the function needs them, set {constants.FUNCTION_GROUPS}={groups}."
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
