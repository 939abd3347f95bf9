"""Is this a Python function? If it looks like one, detect passes, and build reports errors."""

import re

from function_buildpack import constants
from function_buildpack.cnb import phases
from function_buildpack.cnb.context import DetectContext
from function_buildpack.cnb.phases import Detected, NotDetected
from function_buildpack.log import log_settings, report
from function_buildpack.log.errors import BuildpackError
from function_buildpack.source import workspace
from function_buildpack.source.workspace import Workspace

# As func writes it. The import of a YAML parser would take half of the time of this phase.
_RUNTIME = re.compile(rb"""^runtime:[ \t]*["']?(\w+)["']?[ \t]*(?:#.*)?\r?$""", re.MULTILINE)


def main() -> int:
    """Run the phase and return its exit code."""
    return phases.run_detect(detect, on_decline=report.decline, on_error=report.error)


def detect(context: DetectContext) -> Detected | NotDetected:
    """Return whether the application is a Python function.

    :raises FunctionFolderMissing: BP_FUNCTION_PATH is not a folder.
    """
    log_settings.use_colours(context.environ)
    found = workspace.locate(context.app, context.environ.get(constants.FUNCTION_PATH, ""))
    match _runtime(found):
        case None:  # build reports what is wrong with func.yaml
            return Detected() if _has_python(found) else NotDetected("func.yaml cannot be read")
        case "python":
            return Detected()
        case "":
            return Detected() if found.package else NotDetected(_nothing(found))
        case other:
            return NotDetected(f"func.yaml has runtime: {other}, and this buildpack builds Python")


def _runtime(found: Workspace) -> str | None:
    """Return func.yaml's runtime: empty if it has none, None if the file cannot be read."""
    if not found.func_yaml.is_file():
        return ""
    try:
        if line := _RUNTIME.search(found.func_yaml.read_bytes()):
            return line[1].decode().lower()
        from function_buildpack.source import func_yaml  # noqa: PLC0415 -- see _RUNTIME

        return func_yaml.read(found.func_yaml).runtime.lower()
    except (BuildpackError, OSError, ModuleNotFoundError):  # the build installs a missing library
        return None


def _has_python(found: Workspace) -> bool:
    files = (constants.PYPROJECT, constants.REQUIREMENTS)
    return bool(found.package) or any((found.folder / file).is_file() for file in files)


def _nothing(found: Workspace) -> str:
    missing = "func.yaml has no runtime" if found.func_yaml.is_file() else "there is no func.yaml"
    package = f"no package {constants.PACKAGE}/ and no module {constants.PACKAGE}.py"
    return f"{missing}, and {package} in {found.folder}"
