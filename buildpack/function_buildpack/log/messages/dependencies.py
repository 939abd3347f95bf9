"""What users read when the dependencies cannot be installed."""

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
    hints = (
        _without_index(error) if error.without_index else "",
        _ONLY_LINKS if _ONLY_LINKS_SAID in error.explanation and not error.without_index else "",
        *(hint for words, hint in _FOR_A_BUILD.items() if words in error.explanation),
        _PRIVATE.format(", ".join(error.indexes)) if error.indexes else "",
    )
    return Message(
        "The function's requirements cannot be met",
        f"File:     {error.path}\nFound:\n\n{indent(error.explanation)}\n\n"
        f"Check the names and versions in that file: a name may be misspelt, a version may not\n"
        f"exist, or two requirements may exclude each other."
        + "".join(f"\n\n{hint}" for hint in hints if hint),
    )


def _without_index(error: RequirementsUnsolvable) -> str:
    if error.wheels:
        return _WHEELS_ALONE.format(error.wheels)
    if error.links:
        return _LINKS_ALONE.format(", ".join(error.links))
    return _NO_PLACE


_WHEELS_ALONE = """\
Only the wheels in {} were searched, and no index. Put what is missing there, with all
that it needs, as wheels for the function's Python. To take the rest from the index, name the folder
in requirements.txt (--find-links), or set BP_WHEELS=off, which leaves the folder alone."""

_LINKS_ALONE = """\
No index was asked, because PIP_NO_INDEX is set: only {} was searched, which
PIP_FIND_LINKS or UV_FIND_LINKS names. Put what is missing there, or unset PIP_NO_INDEX."""

_NO_PLACE = """\
No index was asked, because PIP_NO_INDEX is set, and nothing else was searched. Unset it, or name a
folder with wheels: BP_WHEELS for one in the source, PIP_FIND_LINKS for any other."""

_PRIVATE = """\
The project names these indexes: {}. Many private indexes answer that a package
does not exist if the user may not read it, or if no user is given. docs/private-indexes.md says how
a build is given a user and password."""

# What uv advises, as options of its command line → how a build is told the same.
_FOR_A_BUILD = {
    "--index-strategy": """\
uv takes a package from the first index that has it, so that nobody can replace a private package by
a public one of its name. If you trust all of the indexes, set the build variable
UV_INDEX_STRATEGY=unsafe-best-match (pack build --env, or build.buildEnvs in func.yaml): that is
pip's way. Or ask for a version that the first index has.""",
    "--prerelease": """\
To take pre-releases, set the build variable UV_PRERELEASE=allow (pack build --env, or
build.buildEnvs in func.yaml), write --pre in requirements.txt, or name one: package==2.0rc1.""",
    "network was disabled": """\
The build variable UV_OFFLINE is set, and a build begins without a cache. Unset it, or put wheels
into the source: docs/private-indexes.md, "No network".""",
    "--no-build": """\
UV_NO_BUILD, PIP_ONLY_BINARY or --only-binary forbids to build packages from source. Ask for a
version that has a wheel for this Python, or allow it for that package.""",
}

# uv's words where the file itself says --no-index.
_ONLY_LINKS_SAID = "provided package locations"

_ONLY_LINKS = """\
The file says --no-index, so only the places that --find-links names were searched."""


@describe.register
def _lock_outdated(error: LockOutdated) -> Message:
    found = f"Found:    {error.found}\n" if error.found else ""
    if error.unstated:
        cause = _UNSTATED.format(error.project.name, error.unstated)
        committed = "both files"
    else:
        cause = "The requirements have changed since the lock was made. Run"
        committed = error.lock.name
    return Message(
        f"{error.lock.name} does not match {error.project.name}",
        f"Files:    {error.lock}\n          {error.project}\n{found}\n"
        f"{cause}\n\n"
        f"    {error.command}\n\n"
        f"in the function's folder, commit {committed} and build again.",
    )


_UNSTATED = """\
{0} does not say which Python it is for. Then uv takes the one that it runs
with, and the lock was made with another. Say it, below [project]:

    requires-python = "{1}"

Then run"""


@describe.register
def _lock_unsupported(error: LockUnsupported) -> Message:
    return Message(
        "A lock is of a format that the build does not read",
        f"File:     {error.lock}\nFound:    {error.found}\n\n"
        f"Write a new one with the tool's current version. Run\n\n"
        f"    {error.command}\n\n"
        f"in the function's folder, commit {error.lock.name} and build again.",
    )


@describe.register
def _lock_missing(error: LockMissing) -> Message:
    groups = f"Groups:   {', '.join(error.groups)}\n" if error.groups else ""
    installed = "these groups as the lock has them" if error.groups else "what the lock names"
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
        "There is no such extra or dependency group",
        f"Setting:  {error.name}\nFound:    {error.found}\nFile:     {error.path}\n"
        f"{has}\n"
        f"Correct the name where it is set (--env, project.toml, or build.buildEnvs in\n"
        f"func.yaml), or add it to the file; then lock again if there is a lock.",
    )


@describe.register
def _selection_conflict(error: SelectionConflict) -> Message:
    settings = [f"Setting:  {setting}\n" for setting in error.settings]
    return Message(
        "The extras or dependency groups exclude each other",
        f"{''.join(settings)}File:     {error.path}\nFound:\n\n{indent(error.explanation)}\n\n"
        f"The project says in tool.uv.conflicts that they are never installed together. Name one\n"
        f"of them in the setting (--env, project.toml, or build.buildEnvs in func.yaml). The same\n"
        f"install on your machine:\n\n{indent(error.command)}",
    )


@describe.register
def _hash_mismatch(error: HashMismatch) -> Message:
    return Message(
        "A package is not the one that was locked",
        f"File:     {error.path}\nFound:\n\n{indent(error.explanation)}\n\n"
        f"The index answered with another file than the one whose hash is there. Nothing of it\n"
        f"was installed. If the index is right, lock that package again; if it should not have\n"
        f"changed, find out who changed it before you build.",
    )


@describe.register
def _install_failed(error: InstallFailed) -> Message:
    missing = f"Missing:  {error.missing}\n" if error.missing else ""
    said = f"; it said\n\n{indent(error.explanation)}" if error.explanation else ""
    return Message(
        "The packages could not be installed",
        f"File:     {error.what}\n{missing}Found:    uv {ending(error.status)}{said}\n\n"
        + (f"{_NOT_BUILT}\n\n" if missing else "")
        + (f"{_KILLED}\n\n" if error.status < 0 else "")
        + f"Correct what uv names and build again. The same install on your machine, in the\n"
        f"function's folder:\n\n{indent(error.command)}",
    )


_KILLED = "If that is SIGKILL, memory ran out: give the build more."

_NOT_BUILT = """\
The build has the folder that is built and nothing around it. If that path is outside, build the
folder that holds both, and name the function's in it with BP_FUNCTION_PATH. If it is inside, see
that nothing excludes it (project.toml, .funcignore)."""


@describe.register
def _runtime_conflict(error: RuntimeConflict) -> Message:
    return Message(
        "The function's dependencies conflict with the runtime",
        f"Package:  {error.package}\nFound:    {error.found}\nNeeded:   {error.needed}\n\n"
        f"The function's own packages come before the runtime's, and the runtime cannot serve\n"
        f"with that version. Change or drop the function's requirement.",
    )
