"""The Python step: chooses the function's Python, and installs it if the images lack it."""

from datetime import UTC, datetime
from pathlib import Path

from function_buildpack.cnb.layers import Empty, Restored
from function_buildpack.layers import reasons
from function_buildpack.layers.build_context import Build
from function_buildpack.layers.python import python_layer, python_versions
from function_buildpack.layers.python.python_versions import PythonRequests
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


def choose(build: Build, manifest: Manifest, uv: Uv) -> tuple[PythonRequests, Chosen]:
    """Return the requests for a Python, and the images' Python if it matches, else a download.

    :raises BuildpackError: no Python matches; see python_versions.py and uv/pythons.py.
    """
    requests, own = python_versions.requests_of(manifest, build.settings), interpreter.current()
    if requests.allows(own.version):
        return requests, own
    listed = {item.version: item for item in pythons.available(uv, build.context.app)}
    return requests, listed[python_versions.newest(requests, [*listed])]


def check_source_build(
    requests: PythonRequests, python: Interpreter, uv: Uv, cwd: Path, package: Package
) -> None:
    """Check whether a package without a wheel for this Python has wheels for other versions.

    A package without any wheel is built. Most of these are pure Python and quickly built. A package
    with wheels for other versions would have to be compiled.

    :raises WheelMissing: the function allows one of these versions.
    """
    having = python_versions.with_wheels(
        pythons.wheels_of(uv, package, cwd, python_versions.SERVED)
    )
    if not having or python.minor in having:
        return
    if allowed := tuple(item for item in having if requests.allows_minor(item)):
        facts = (str(package), python.version, having, allowed)
        raise WheelMissing(*facts) if package.has_source else WheelMissing(*facts, NO_SOURCE)
    output.note(
        f"{package} has no wheel for Python {python.minor}, only for {', '.join(having)}. "
        f"The function cannot use these versions, because {requests}."
    )


def log_choice(requests: PythonRequests, chosen: Chosen) -> None:
    """Log which Python the function gets, and why."""
    own = interpreter.current()
    origin = "from the run image" if chosen == own else "in a layer"
    reason = f" ({requests})" if requests.all else ""
    output.line(f"Python: {chosen.version}, {origin}{reason}")
    if chosen != own and python_versions.is_pinned(requests, own.version):
        output.note(
            f"{requests}, which pins the patch version. {own.minor} alone would use Python "
            f"{own.version} of the run image, which needs no layer and gets fixes by a rebase."
        )
    if month := python_versions.ended(chosen.version, datetime.now(UTC).date().isoformat()):
        output.note(
            f"Python {chosen.version} has reached its end of life: no security fixes since {month}."
        )


def provide(build: Build, chosen: Chosen, uv: Uv) -> python_layer.Python:
    """Reuse or install the chosen Python.

    :raises PythonUninstalled: it could not be downloaded.
    """
    if isinstance(chosen, Interpreter):
        return python_layer.SystemPython(chosen)
    output.heading("Python")
    wanted = python_layer.metadata(chosen, build.context.target, uv.version)
    match python_layer.restore(build.layers, wanted):
        case Restored(kept):
            output.line(reasons.reused("python"))
            return python_layer.reuse(build.layers, kept, chosen)
        case Empty(empty, cause):
            output.line(f"Installing {chosen.key}: {reasons.because(cause)}")
            with output.timed("Installed Python"):
                return python_layer.install(build.layers, empty, chosen, uv)
