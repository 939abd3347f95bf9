"""Messages for dependencies that cannot be installed."""

from function_buildpack.log.errors.dependencies import (
    HashMismatch,
    InstallFailed,
    LockMissing,
    LockOutdated,
    LockUnsupported,
    RequirementsUnsolvable,
    RuntimeConflict,
    SelectionConflict,
    SelectionUnknown,
)
from function_buildpack.log.messages.message import Message, describe, ending, indent


@describe.register
def _requirements_unsolvable(error: RequirementsUnsolvable) -> Message:
    is_without_index = _NO_INDEX_IN_FILE in error.explanation and not error.without_index
    hints = (
        _without_index(error) if error.without_index else "",
        _ONLY_FIND_LINKS if is_without_index else "",
        *(hint for words, hint in _FOR_A_BUILD.items() if words in error.explanation),
        _PRIVATE.format(", ".join(error.indexes)) if error.indexes else "",
    )
    return Message(
        "The function's dependencies cannot be resolved",
        f"File:     {error.path}\nFound:\n\n{indent(error.explanation)}\n\n"
        f"Check the names and versions in that file. A name may be misspelt, a version may not\n"
        f"exist, or two requirements may conflict."
        + "".join(f"\n\n{hint}" for hint in hints if hint),
    )


def _without_index(error: RequirementsUnsolvable) -> str:
    if error.wheels:
        return _ONLY_WHEELS.format(error.wheels)
    if error.links:
        return _ONLY_LINKS.format(", ".join(error.links))
    return _NO_PACKAGE_SOURCE


_ONLY_WHEELS = """\
The build searched only the wheels in {}, and no index. Add the missing packages and
their dependencies to that folder, as wheels for the function's Python. To use an index as well, add
--find-links with the folder to requirements.txt. To ignore the folder, set BP_WHEELS=off."""

_ONLY_LINKS = """\
PIP_NO_INDEX is set, so the build searched no index, only {} from
PIP_FIND_LINKS or UV_FIND_LINKS. Add the missing packages there, or unset PIP_NO_INDEX."""

_NO_PACKAGE_SOURCE = """\
PIP_NO_INDEX is set, so the build searched no index, and it has no folder with wheels. Unset
PIP_NO_INDEX, or set BP_WHEELS to a folder of the source, or PIP_FIND_LINKS to any other folder."""

_PRIVATE = """\
The project uses these indexes: {}. Many private indexes respond that a package
does not exist when the credentials are missing or have no access to it. docs/private-indexes.md
explains how to give credentials to a build."""

# uv's hints, which name options of its command line → the same for a build.
_FOR_A_BUILD = {
    "--index-strategy": """\
uv installs a package from the first index that has it, so that nobody can replace a private package
with a public one of the same name. If you trust all of the indexes, set the build variable
UV_INDEX_STRATEGY=unsafe-best-match (pack build --env, or build.buildEnvs in func.yaml), which does
what pip does. Or require a version that the first index has.""",
    "--prerelease": """\
To install pre-releases, set the build variable UV_PRERELEASE=allow (pack build --env, or
build.buildEnvs in func.yaml), add --pre to requirements.txt, or pin one: package==2.0rc1.""",
    "network was disabled": """\
The build variable UV_OFFLINE is set, and a build starts with an empty cache. Unset it, or add
wheels to the source: see "No network" in docs/private-indexes.md.""",
    "--no-build": """\
UV_NO_BUILD, PIP_ONLY_BINARY or --only-binary forbids building packages from source. Require a
version that has a wheel for this Python, or allow building that package.""",
}

# What uv writes if the file has --no-index.
_NO_INDEX_IN_FILE = "provided package locations"

_ONLY_FIND_LINKS = """\
The file has --no-index, so uv searched only the locations in --find-links."""


@describe.register
def _lock_outdated(error: LockOutdated) -> Message:
    found = f"Found:    {error.found}\n" if error.found else ""
    if error.missing_requires_python:
        cause = _NO_REQUIRES_PYTHON.format(error.project.name, error.missing_requires_python)
        committed = "both files"
    else:
        cause = "The requirements have changed since the lock was created. Run"
        committed = error.lock.name
    return Message(
        f"{error.lock.name} does not match {error.project.name}",
        f"Files:    {error.lock}\n          {error.project}\n{found}\n"
        f"{cause}\n\n"
        f"    {error.command}\n\n"
        f"in the function's folder, commit {committed} and build again.",
    )


_NO_REQUIRES_PYTHON = """\
{0} has no requires-python. uv then assumes the Python that it runs with, and
the lock was created with another one. Add this line below [project]:

    requires-python = "{1}"

Then run"""


@describe.register
def _lock_unsupported(error: LockUnsupported) -> Message:
    return Message(
        "Unsupported lock format",
        f"File:     {error.lock}\nFound:    {error.found}\n\n"
        f"Lock again with a current version of the tool. Run\n\n"
        f"    {error.command}\n\n"
        f"in the function's folder, commit {error.lock.name} and build again.",
    )


@describe.register
def _lock_missing(error: LockMissing) -> Message:
    groups = f"Groups:   {', '.join(error.groups)}\n" if error.groups else ""
    installed = "these groups from the lock" if error.groups else "from the lock alone"
    return Message(
        f"{error.path.name} has no lock",
        f"File:     {error.path}\nMissing:  {error.lock}\n{groups}\n"
        f"The build installs {installed}. Run\n\n"
        f"    {error.command}\n\n"
        f"in the function's folder, commit {error.lock} and build again.",
    )


@describe.register
def _selection_unknown(error: SelectionUnknown) -> Message:
    has = "" if error.known is None else f"It has:   {', '.join(error.known) or 'none'}\n"
    return Message(
        "Unknown extra or dependency group",
        f"Setting:  {error.name}\nFound:    {error.found}\nFile:     {error.path}\n"
        f"{has}\n"
        f"Correct the name where it is set (--env, project.toml, or build.buildEnvs in\n"
        f"func.yaml), or add it to the file and lock again if there is a lock.",
    )


@describe.register
def _selection_conflict(error: SelectionConflict) -> Message:
    settings = [f"Setting:  {setting}\n" for setting in error.settings]
    return Message(
        "The selected extras or dependency groups conflict",
        f"{''.join(settings)}File:     {error.path}\nFound:\n\n{indent(error.explanation)}\n\n"
        f"tool.uv.conflicts in pyproject.toml declares that they cannot be installed together.\n"
        f"Select only one of them (--env, project.toml, or build.buildEnvs in func.yaml). The\n"
        f"same install on your machine:\n\n{indent(error.command)}",
    )


@describe.register
def _hash_mismatch(error: HashMismatch) -> Message:
    return Message(
        "A package does not match its locked hash",
        f"File:     {error.path}\nFound:\n\n{indent(error.explanation)}\n\n"
        f"The index returned a file with another hash, and the build did not install it. If the\n"
        f"new file is right, lock that package again. If the file should not have changed, find\n"
        f"out who changed it before you build.",
    )


@describe.register
def _install_failed(error: InstallFailed) -> Message:
    missing = f"Missing:  {error.missing}\n" if error.missing else ""
    said = f". Output:\n\n{indent(error.explanation)}" if error.explanation else ""
    return Message(
        "The packages could not be installed",
        f"File:     {error.what}\n{missing}Found:    uv {ending(error.status)}{said}\n\n"
        + (f"{_NOT_BUILT}\n\n" if missing else "")
        + (f"{_KILLED}\n\n" if error.status < 0 else "")
        + f"Fix what uv reports and build again. The same install on your machine, in the\n"
        f"function's folder:\n\n{indent(error.command)}",
    )


_KILLED = "SIGKILL usually means that the build ran out of memory. Give it more memory."

_NOT_BUILT = """\
The build gets only the folder that you build. If the path is outside that folder, build a folder
that contains both, and set BP_FUNCTION_PATH to the function's folder. If it is inside, check that
project.toml or .funcignore do not exclude it."""


@describe.register
def _runtime_conflict(error: RuntimeConflict) -> Message:
    return Message(
        "The function's dependencies conflict with the runtime",
        f"Package:  {error.package}\nFound:    {error.found}\nNeeded:   {error.needed}\n\n"
        f"The function's packages take precedence over the runtime's, and the runtime does not\n"
        f"work with that version. Change or remove the function's requirement.",
    )
