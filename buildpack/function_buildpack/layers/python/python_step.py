"""Which Python the function gets, and that it is there."""

from datetime import UTC, datetime
from pathlib import Path

from function_buildpack.cnb.layers import Empty, Restored
from function_buildpack.layers import reasons
from function_buildpack.layers.build_context import Building
from function_buildpack.layers.python import python_layer, python_versions
from function_buildpack.layers.python.python_versions import Wanted
from function_buildpack.log import output
from function_buildpack.log.errors.python import NO_SOURCE, WheelMissing
from function_buildpack.manifests.manifest import Manifest
from function_buildpack.system import interpreter
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.uv import pythons
from function_buildpack.uv.client import Uv
from function_buildpack.uv.pythons import Download
from function_buildpack.uv.source_builds import Package

Chosen = Interpreter | Download


def choose(building: Building, manifest: Manifest, uv: Uv) -> tuple[Wanted, Chosen]:
    """Return what is asked for, and the images' own Python if it will do, else one to install.

    :raises BuildpackError: no Python will do; see python_versions and installer.
    """
    wish, own = python_versions.wanted(manifest, building.settings), interpreter.current()
    if wish.allows(own.version):
        return wish, own
    listed = {item.version: item for item in pythons.available(uv, building.context.app)}
    return wish, listed[python_versions.newest(wish, [*listed])]


def check_source_build(
    wish: Wanted, python: Interpreter, uv: Uv, cwd: Path, package: Package
) -> None:
    """See whether a package without a wheel for this Python has some for others.

    One without any wheel is built: most of these are of Python alone and quickly built. One that
    has wheels for other Pythons would be compiled.

    :raises WheelMissing: the function could have one of these Pythons.
    """
    having = python_versions.with_wheels(
        pythons.wheels_of(uv, package, cwd, python_versions.SERVED)
    )
    if not having or python.minor in having:
        return
    if allowed := tuple(item for item in having if wish.allows_minor(item)):
        facts = (str(package), python.version, having, allowed)
        raise WheelMissing(*facts) if package.has_source else WheelMissing(*facts, NO_SOURCE)
    output.note(
        f"{package} has no wheel for Python {python.minor}, only for {', '.join(having)}. "
        f"None of these is used, because {wish}."
    )


def tell(wish: Wanted, chosen: Chosen) -> None:
    """Say which one, and why."""
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


def provide(building: Building, chosen: Chosen, uv: Uv) -> python_layer.Python:
    """Put the chosen Python into its place.

    :raises PythonUninstalled: it could not be fetched.
    """
    if isinstance(chosen, Interpreter):
        return python_layer.OfImages(chosen)
    output.heading("Python")
    wanted = python_layer.metadata(chosen, building.context.target, uv.version)
    match python_layer.restore(building.layers, wanted):
        case Restored(kept):
            output.line("Reusing the python layer: nothing that decides it has changed")
            return python_layer.reuse(building.layers, kept, chosen)
        case Empty(empty, cause):
            output.line(f"Installing {chosen.key}: {reasons.because(cause)}")
            with output.timed("Installed Python"):
                return python_layer.install(building.layers, empty, chosen, uv)
