"""The Dependencies step: reuses or installs the function's packages."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from function_buildpack import constants
from function_buildpack.cnb.layers import Empty, Layer, Restored
from function_buildpack.cnb.sbom_files import Sboms
from function_buildpack.image import bytecode, distributions, sbom
from function_buildpack.image.distributions import Distribution
from function_buildpack.layers import isolation, reasons
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.dependencies import (
    dependencies_layer,
    layer_key,
    local_wheels,
    repositories,
)
from function_buildpack.layers.dependencies.dependencies_layer import Dependencies
from function_buildpack.layers.dependencies.inputs import Inputs
from function_buildpack.layers.dependencies.layer_key import LayerKey
from function_buildpack.layers.runtime import runtime_layer
from function_buildpack.layers.uv_cache import RestoredDownloads
from function_buildpack.log import output, phrases
from function_buildpack.plan.plan import Plan
from function_buildpack.source import python_files
from function_buildpack.source.bindings import Bindings
from function_buildpack.source.local_packages import ReferenceResolver
from function_buildpack.source.settings import Selection
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv.client import Uv
from function_buildpack.uv.index_access import IndexAccess
from function_buildpack.uv.index_settings import PackageSource


def log_access(bound: Bindings, access: IndexAccess) -> None:
    """Log the bindings and settings for package indexes."""
    if bound.names:
        output.line(f"Bindings: {', '.join(bound.names)}")
    if access.unmatched:
        known = ", ".join(sorted(access.indexes)) or "none"
        output.note(
            f"No index matches the name in {', '.join(access.unmatched)}. Known indexes: {known}."
        )
    if access.unused:
        output.note(f"These settings have no effect: {', '.join(access.unused)}")


def alone(build: Build, chosen: Plan, wheels: Path | None, uv: Uv) -> Path | None:
    """Return the folder of wheels if packages are installed from it alone, without an index.

    That is so if BP_WHEELS is set, or if no manifest names the folder or a wheel in it.

    :raises FileInvalid: the pyproject.toml of a local package cannot be parsed.
    """
    if wheels is None or build.settings.wheels:
        return wheels
    folder = chosen.project.folder
    linked = [folder / place for place in uv.environ.get("UV_FIND_LINKS", "").split(",")]
    around = ReferenceResolver(build.context.app, folder, uv.environ)
    if not local_wheels.is_named(wheels, {*chosen.manifest.local_inputs(around), *linked}):
        return wheels
    place = os.path.relpath(wheels, folder)
    output.line(
        f"Wheels: from {place} where the requirements name it, everything else from an index. "
        f"To use the folder alone, set BP_WHEELS={place}."
    )
    return None


def provide(
    build: Build,
    chosen: Plan,
    wheels: Path | None,
    python: Interpreter,
    uv: Uv,
) -> Dependencies:
    """Reuse the layer of an earlier build, or fill it and check its packages.

    :raises BuildpackError: see uv/install_failures.py and checks/shared_libraries.py.
    """
    _log_manifest(chosen)
    if wheels:
        output.line(f"Wheels: {os.path.relpath(wheels, build.context.app)}, without an index")
    uv = _with_constraints(at_wheels(uv, wheels), chosen)
    decided = Inputs(
        chosen, ReferenceResolver(build.context.app, chosen.project.folder, uv.environ)
    )
    wanted = layer_key.make(build, decided, wheels, python, uv)
    before = build.layers.restored_sboms(constants.DEPENDENCIES)
    noted = _with_notes(build, decided, wanted, uv)
    match dependencies_layer.restore(build.layers, noted, build.archives):
        case Restored(kept):
            output.line(reasons.reused("dependencies"))
            _log_unchecked(decided, wheels, noted)
            return Dependencies(kept)
        case Empty(empty, cause):
            output.line(f"Installing: {reasons.because(cause)}")
            packages = _install(build, empty, chosen, python, uv)
            is_locked = chosen.manifest.is_lock
            key = layer_key.with_own_notes(
                wanted, packages, has_built=uv.ran_code(), is_locked=is_locked
            )
            installed = Dependencies(replace(empty, metadata=key))
            _log_changes(before, build.layers.restored_sboms(constants.DEPENDENCIES))
            _check(build, installed, chosen, python)
            return installed


def at_wheels(uv: Uv, wheels: Path | None) -> Uv:
    """Return uv with the function's wheels instead of all indexes, if it has some."""
    return uv.from_source(PackageSource.folder(wheels)) if wheels else uv


def _with_notes(build: Build, decided: Inputs, wanted: LayerKey, uv: Uv) -> LayerKey:
    """Return the wanted key with the notes of the earlier build.

    Git repositories are queried only if nothing else has changed. Otherwise everything is
    installed again anyway.
    """
    before = layer_key.earlier(build.layers)
    noted = layer_key.with_notes(wanted, before)
    known = reasons.unlisted(noted.moving)
    if noted != before or not any(known.values()):
        return noted
    asked = repositories.look_up(known, decided.texts, uv.run, uv.environ, uv.cache)
    for reference, failure in asked.failures.items():
        output.note(
            f"Could not check {reference} for new commits ({failure}). The image keeps commit "
            f"{known[reference]} of the earlier build."
        )
    return replace(noted, moving=reasons.listed(asked.commits))


def _log_unchecked(decided: Inputs, wheels: Path | None, kept: LayerKey) -> None:
    """Log what the build did not check for updates, where no lock pins it."""
    chosen = decided.plan
    if wheels or chosen.manifest.is_pinned:
        return
    archives = [place for place, commit in reasons.unlisted(kept.moving).items() if not commit]
    unasked = ["newer versions in the package index", *archives, *sorted(decided.remote_lists)]
    output.line(
        f"Not checked: {phrases.some(unasked)}. To install the dependencies again, set "
        f"{constants.FUNCTION_REFRESH} to a new value, such as today's date."
    )


def _install(
    build: Build, layer: Layer, chosen: Plan, python: Interpreter, uv: Uv
) -> list[Distribution]:
    known = build.archives.restore_downloads(layer, uv.cache, python)
    if packages := known.packages:
        output.line(f"Reusing downloads of the earlier build (packages: {packages})")
    with output.timed("Installed the dependencies"):
        confinement = isolation.of_installation(build, layer.path, uv.cache)
        confined = replace(uv, run=partial(uv.run, confinement=confinement))
        installed = dependencies_layer.install(layer, chosen, python, confined, build.context.app)
    _compile(known, layer, python, uv)
    return installed


def _compile(known: RestoredDownloads, layer: Layer, python: Interpreter, uv: Uv) -> None:
    sources = {*python_files.sources(Dependencies(layer).site(python.minor))}
    if compiled := known.link(sources, python):
        output.line(f"Reusing bytecode of the earlier build (files: {len(compiled)})")
    if new := sources - compiled:
        with output.timed(f"Compiled the dependencies (files: {len(new)})"):
            bytecode.compile_packages(new, python, uv.run)


def _log_changes(before: Sboms, now: Sboms) -> None:
    if earlier := sbom.versions(before):
        output.line(f"Package changes: {phrases.changes(earlier, sbom.versions(now))}")


def _with_constraints(uv: Uv, chosen: Plan) -> Uv:
    """Return uv with the platform's constraints, or without them if there is a lock; log which."""
    if not uv.constraint_settings:
        return uv
    files = " ".join(uv.constraint_settings.values())
    if chosen.manifest.is_lock:
        output.note(f"Constraints ignored: {files}, because {chosen.manifest.name} pins versions")
        return uv.without(uv.constraint_settings)
    output.line(f"Constraints: {files}")
    return uv


def _check(build: Build, installed: Dependencies, chosen: Plan, python: Interpreter) -> None:
    from function_buildpack.checks import shared_libraries  # noqa: PLC0415 -- a rebuild does without

    installed.check_runtime(runtime_layer.RuntimeSource.of(build.buildpack.root).ranges())
    site, siblings = installed.site(python.minor), chosen.project.siblings
    for module, package in sorted(distributions.providing(site, siblings).items()):
        output.note(f"{siblings[module].name} hides the module {module} of the package {package}")
    folders = build.layers.library_folders(chosen.launch_env)
    shared_libraries.check(site, folders, build.settings.library_check)


def _log_manifest(chosen: Plan) -> None:
    for name, reason in chosen.ignored.items():
        output.note(f"{name} is ignored: {reason}")
    if not chosen.manifest.name:
        output.line("No dependencies declared")
        return
    output.line(
        f"Dependencies from: {os.path.relpath(chosen.manifest.path, chosen.project.folder)}"
    )
    for unused in chosen.unused:
        output.line(f"Ignored: {unused}, because {chosen.manifest.name} comes first")
    _log_selection(chosen.selection)
    if chosen.skipped_groups:
        groups = ",".join(chosen.skipped_groups)
        output.note(
            f"{chosen.manifest.tool} installs these groups by default, but this build does "
            f"not: {groups}. If the function needs them, set {constants.FUNCTION_GROUPS}={groups}."
        )
    if chosen.for_tests:
        output.note(
            f"The image contains packages for tests and checks: {', '.join(chosen.for_tests)}. "
            f"To exclude them, declare them in a group, such as dev in [dependency-groups]."
        )
    if chosen.constraints:
        output.note(
            f"The function imports modules of version 1 of the cloudevents SDK, so the build "
            f'installs "{", ".join(chosen.constraints)}". Declare that in {chosen.manifest.name}.'
        )


def _log_selection(selection: Selection) -> None:
    for kind, wanted in (("Extras", selection.extras), ("Groups", selection.groups)):
        if wanted:
            output.line(f"{kind}: {', '.join(sorted(wanted))}")
