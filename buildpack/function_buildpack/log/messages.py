"""What users read when a phase fails: what happened, what was found, what to do.

The only file with such sentences. docs/errors.md has a heading for each title.
"""

import errno
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path, PurePath

from function_buildpack import constants
from function_buildpack.cnb.context import LifecycleMissing
from function_buildpack.log import errors, printable

_NETWORK = """\
A build fetches packages from the configured index. Behind a proxy set HTTPS_PROXY and NO_PROXY, for
another index UV_DEFAULT_INDEX, as build environment variables (pack build --env, or
build.buildEnvs in func.yaml)."""

_PYTHON_ORDER = """\
BP_PYTHON_VERSION comes before UV_PYTHON, .python-version and runtime.txt. What requires-python
says must hold as well; docs/python-versions.md has all of it."""


@dataclass(frozen=True)
class Message:
    """An error as it is shown. Titles are stable and unique."""

    title: str
    body: str


def of(error: Exception) -> Message:
    """Put an error into words. Its facts are on one line each, but for those of `_OF_LINES`."""
    return describe(_cleaned(error) if isinstance(error, errors.BuildpackError) else error)


# Fields with what a program has said, or with commands; all others are on one line.
_OF_LINES = frozenset({"command", "explanation", "output"})


def _cleaned(error: errors.BuildpackError) -> errors.BuildpackError:
    result = copy(error)
    for name, value in vars(error).items():
        clean = printable.lines if name in _OF_LINES else printable.line
        setattr(result, name, _each(clean, value))
    return result


def _each(clean: Callable[[str], str], fact: object) -> object:
    match fact:
        case str():
            return clean(fact)
        case Path():
            return Path(clean(str(fact)))
        case tuple():
            return tuple(_each(clean, part) for part in fact)
        case _:
            return fact


@singledispatch
def describe(error: Exception) -> Message:
    """Put an error into words; one that is none of ours is a defect of the buildpack."""
    return Message(
        "The buildpack failed for a reason that it does not know",
        "This is a defect of the buildpack. Please report it with these lines:\n\n"
        + _indent("".join(traceback.format_exception(error)).rstrip()),
    )


@describe.register
def _setting_invalid(error: errors.SettingInvalid) -> Message:
    return Message(
        "A build setting has a value that cannot be used",
        f"Setting:  {error.name}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}. Change it where it is set: --env, project.toml, or\n"
        f"build.buildEnvs in func.yaml.",
    )


@describe.register
def _function_folder_missing(error: errors.FunctionFolderMissing) -> Message:
    return Message(
        "BP_FUNCTION_PATH names no folder of the source",
        f"Found:    {error.found}\n\n"
        f"It must be the path of the function's folder, relative to the folder that is built,\n"
        f"and inside of it. Check the path, and that nothing excludes the folder (project.toml,\n"
        f".funcignore).",
    )


@describe.register
def _file_unreadable(error: errors.FileUnreadable) -> Message:
    return Message(
        "A file cannot be read",
        f"File:     {error.path}\nFound:    {error.problem}\n\n"
        f"Neither the build nor the image's user could use it. Make it a file that everybody may\n"
        f"read (chmod a+r), or remove it.",
    )


@describe.register
def _file_outside(error: errors.FileOutside) -> Message:
    return Message(
        "A file of the function is outside of the source",
        f"Link:     {error.path}\nFound:    {error.target}\n\n"
        f"The image has the folder that is built and nothing around it: there the link would lead\n"
        f"nowhere. Put the file itself there, or build the folder that holds both and name the\n"
        f"function's with BP_FUNCTION_PATH.",
    )


@describe.register
def _os_error(error: OSError) -> Message:
    """Put into words what no step expects: too long a path, a disk that fails or is full."""
    if f"[Errno {errno.ENOSPC}]" in str(error):  # shutil's have one for each file, and only there
        where = f" ({printable.line(str(error.filename))})" if error.filename else ""
        return describe(errors.DiskFull(f"No space left on device{where}"))
    return Message(
        "A file or folder cannot be used",
        f"File:     {printable.line(str(error.filename or 'unknown'))}\n"
        f"Found:    {printable.line(error.strerror or str(error))}\n\n"
        f"If it is one of the source, see what is special about it, or leave it out of the build\n"
        f"(project.toml, .funcignore). Else see to the disk of the machine that builds.",
    )


@describe.register
def _lifecycle_missing(error: LifecycleMissing) -> Message:
    return Message(
        "No lifecycle has started this phase",
        f"Missing:  the variable {error}\n\n"
        f"A lifecycle runs bin/detect and bin/build, and tells them their folders by variables\n"
        f"(Buildpack API 0.10, lifecycle 0.17 or newer). Build with it: pack build, or the phases\n"
        f"of your platform.",
    )


@describe.register
def _disk_full(error: errors.DiskFull) -> Message:
    return Message(
        "The disk is full",
        f"Found:\n\n{_indent(error.explanation)}\n\n"
        f"There is no room where the build writes: layers, cache or temporary files. Make some\n"
        f"(docker system df shows what Docker has), or give the build a larger volume.",
    )


@describe.register
def _runtime_hidden(error: errors.RuntimeHidden) -> Message:
    return Message(
        "A file of the function hides the runtime",
        f"File:     {error.path}\nHidden:   the package {error.module}\n\n"
        f"Python looks into the function's folder first: the runtime would import this in place\n"
        f"of its own package, and fail. Rename it, or move it into function/.",
    )


@describe.register
def _file_invalid(error: errors.FileInvalid) -> Message:
    return Message(
        f"{error.path.name} is not valid {error.format}",
        f"File:     {error.path}\nFound:    {error.problem}\n\n"
        f"Correct the file at that place and build again.",
    )


@describe.register
def _field_invalid(error: errors.FieldInvalid) -> Message:
    return Message(
        f"A field of {error.path.name} has a value that cannot be used",
        f"File:     {error.path}\nField:    {error.field}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}.",
    )


@describe.register
def _package_missing(error: errors.PackageMissing) -> Message:
    is_without_init = error.folder.name == constants.PACKAGE
    older = _OLDER_MIDDLEWARE if "func.py" in error.entries and not is_without_init else ""
    return Message(
        "There is no package named function",
        f"Folder:   {error.folder}\nFound:    {', '.join(error.entries) or 'nothing'}\n\n"
        f"A Python function is a package function/ (or a module function.py) with new() or\n"
        f"handle(), beside func.yaml or in src/. Create function/__init__.py with\n\n"
        f"    from .func import new\n\n"
        f"or move the function's package there. If the function is in another folder of the\n"
        f"source, name it with BP_FUNCTION_PATH.{older}",
    )


# The layout of func's templates before version 1.18.
_OLDER_MIDDLEWARE = """

A func.py with main(context) was written for func's older middleware, parliament. Its main()
becomes handle(scope, receive, send) in function/func.py; what func create -l python writes
shows how."""


@describe.register
def _syntax_invalid(error: errors.SyntaxInvalid) -> Message:
    source = f"Line:     {error.source}\n" if error.source else ""
    line = f", line {error.line}" if error.line else ""
    return Message(
        "A source file of the function has a syntax error",
        f"File:     {error.path}{line}\n{source}Found:    {error.problem}\n\n"
        f"Correct the file and build again. The function is compiled for Python {error.python}:\n"
        f"syntax that is newer than that is an error too.",
    )


@describe.register
def _python_invalid(error: errors.PythonInvalid) -> Message:
    return Message(
        "A Python version is not one that the build can read",
        f"Where:    {error.where}\nFound:    {error.found}\n\n"
        f"It must be a version such as 3.12 or 3.12.4, or a specifier such as >=3.12,<3.14.\n"
        f"There are {', '.join(error.known)}.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_foreign(error: errors.PythonForeign) -> Message:
    return Message(
        "The function asks for another Python than CPython",
        f"Where:    {error.where}\nFound:    {error.found}\n\n"
        f"A function runs on CPython, in its usual build: not on PyPy or GraalPy, not\n"
        f"free-threaded, not for debugging. Name a version of it, such as 3.13.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_ended(error: errors.PythonEnded) -> Message:
    return Message(
        "The function asks for a Python that has reached its end of life",
        f"Found:    {error.stated}\n"
        f"Python:   {error.version}, without security fixes since {error.end}\n\n"
        f"The runtime serves {', '.join(error.known)}. Ask for one of them and try the\n"
        f"function with it.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_unknown(error: errors.PythonUnknown) -> Message:
    return Message(
        "There is no such Python",
        f"Found:    {error.stated}\nThere is: {', '.join(error.known) or 'none'}\n\n"
        f"Those are the newest of each version that the runtime serves and that the build's uv\n"
        f"can install. Ask for one of them.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_conflict(error: errors.PythonConflict) -> Message:
    return Message(
        "Two Python versions are asked for that exclude each other",
        f"Found:    {error.stated}\nBut:      {error.other}\n\n"
        f"No version of Python meets both. Change one of them.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _python_uninstalled(error: errors.PythonUninstalled) -> Message:
    return Message(
        "The Python that the function asks for could not be installed",
        f"Python:   {error.what}\nFound:\n\n{_indent(error.explanation)}\n\n"
        f"uv fetches it from the releases of python-build-standalone, or from the mirror that\n"
        f"UV_PYTHON_INSTALL_MIRROR names (https:// or file://). Set that, or ask for the Python\n"
        f"that the images have, which needs no download.\n\n{_PYTHON_ORDER}",
    )


@describe.register
def _wheel_missing(error: errors.WheelMissing) -> Message:
    own, newest = error.python.rpartition(".")[0], error.allowed[-1]
    if error.source == errors.NO_SOURCE:
        why, otherwise = "Without a wheel or a source it cannot be installed.", ""
    else:
        why = (
            "Without a wheel it has to be compiled, which can take many minutes and often fails.\n"
            "So the build has stopped."
        )
        otherwise = f"\nTo compile it all the same, set BP_PYTHON_VERSION={own}."
    return Message(
        "A package has no wheel for this Python",
        f"Package:  {error.package}\nPython:   {error.python}\n"
        f"Wheels:   for Python {', '.join(error.having)}\nSource:   {error.source}\n\n{why}\n\n"
        f"Choose a Python that has a wheel, by the build setting\n\n"
        f"    BP_PYTHON_VERSION={newest}\n\n"
        f"or by a file .python-version with {newest} in it. Or ask for a version of the package\n"
        f"that has a wheel for Python {own}.{otherwise}",
    )


@describe.register
def _tool_missing(error: errors.ToolMissing) -> Message:
    return Message(
        "The build image lacks a program that the build needs",
        f"Missing:  {error.name}\n\n"
        f"Use the builder that belongs to this buildpack, or add the program to the PATH of\n"
        f"your build image.",
    )


@describe.register
def _tools_unavailable(error: errors.ToolsUnavailable) -> Message:
    return Message(
        "What the build image lacks could not be installed",
        f"File:     {error.requirements}\nFound:    pip ended with status {error.status}; its words"
        f" are above\n\n{_NETWORK}\n\n"
        f"Or use the builder that belongs to this buildpack: it has all of it.",
    )


@describe.register
def _download_damaged(error: errors.DownloadDamaged) -> Message:
    return Message(
        "The package index has another file than the pinned one",
        f"File:     {error.file}\nExpected: SHA-256 {error.expected}\n"
        f"Found:    SHA-256 {error.found}\n\n"
        f"Nothing of it was run. See whether a proxy or a mirror changes what it passes on.",
    )


@describe.register
def _requirements_unsolvable(error: errors.RequirementsUnsolvable) -> Message:
    hints = (
        _without_index(error) if error.without_index else "",
        _ONLY_LINKS if _ONLY_LINKS_SAID in error.explanation and not error.without_index else "",
        *(hint for words, hint in _FOR_A_BUILD.items() if words in error.explanation),
        _PRIVATE.format(", ".join(error.indexes)) if error.indexes else "",
    )
    return Message(
        "The function's requirements cannot be met",
        f"File:     {error.path}\nFound:\n\n{_indent(error.explanation)}\n\n"
        f"Check the names and versions in that file: a name may be misspelt, a version may not\n"
        f"exist, or two requirements may exclude each other."
        + "".join(f"\n\n{hint}" for hint in hints if hint),
    )


def _without_index(error: errors.RequirementsUnsolvable) -> str:
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
def _lock_outdated(error: errors.LockOutdated) -> Message:
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
def _lock_unsupported(error: errors.LockUnsupported) -> Message:
    return Message(
        "A lock is of a format that the build does not read",
        f"File:     {error.lock}\nFound:    {error.found}\n\n"
        f"Make it anew with the tool's current version. Run\n\n"
        f"    {error.command}\n\n"
        f"in the function's folder, commit {error.lock.name} and build again.",
    )


@describe.register
def _lock_missing(error: errors.LockMissing) -> Message:
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
def _selection_unknown(error: errors.SelectionUnknown) -> Message:
    has = "" if error.known is None else f"It has:   {', '.join(error.known) or 'none'}\n"
    return Message(
        "There is no such extra or dependency group",
        f"Setting:  {error.name}\nFound:    {error.found}\nFile:     {error.path}\n"
        f"{has}\n"
        f"Correct the name where it is set (--env, project.toml, or build.buildEnvs in\n"
        f"func.yaml), or add it to the file; a lock has to be made anew then.",
    )


@describe.register
def _selection_conflict(error: errors.SelectionConflict) -> Message:
    settings = [f"Setting:  {setting}\n" for setting in error.settings]
    return Message(
        "The extras or dependency groups exclude each other",
        f"{''.join(settings)}File:     {error.path}\nFound:\n\n{_indent(error.explanation)}\n\n"
        f"The project says in tool.uv.conflicts that they are never installed together. Name one\n"
        f"of them in the setting (--env, project.toml, or build.buildEnvs in func.yaml). The same\n"
        f"install on your machine:\n\n{_indent(error.command)}",
    )


@describe.register
def _uv_unfit(error: errors.UvUnfit) -> Message:
    return Message(
        "The project asks for another version of uv",
        f"File:     {error.file}\nField:    {error.field}\n"
        f"Found:    {error.wanted}\nBuilder:  uv {error.found}\n\n"
        f"A build installs with the uv of the builder. Have that field allow its version, for\n"
        f'example "{_wider(error.wanted, error.found)}", or remove it. Another builder may have\n'
        f"the version that you ask for.",
    )


def _wider(wanted: str, found: str) -> str:
    """Return a range with both: the oldest version that is asked for, and the one that is there."""
    versions = re.findall(r"\d+(?:\.\d+)*", wanted)
    # Without the library that compares versions: this is imported where it may be missing.
    oldest = min((*versions, found), key=lambda text: [int(part) for part in text.split(".")])
    return f">={oldest}"


@describe.register
def _hash_mismatch(error: errors.HashMismatch) -> Message:
    return Message(
        "A package is not the one that was locked",
        f"File:     {error.path}\nFound:\n\n{_indent(error.explanation)}\n\n"
        f"The index answered with another file than the one whose hash is there. Nothing of it\n"
        f"was installed. If the index is right, lock that package again; if it should not have\n"
        f"changed, find out who changed it before you build.",
    )


@describe.register
def _repository_refused(error: errors.RepositoryRefused) -> Message:
    return Message(
        "A git repository refuses access",
        f"Found:\n\n{_indent(error.explanation)}\n\n"
        f"Give the host's user and token in a service binding of type netrc, and write the\n"
        f"address as git+https://…: the build has no key for ssh. docs/private-indexes.md has an\n"
        f"example.",
    )


@describe.register
def _address_unreachable(error: errors.AddressUnreachable) -> Message:
    return Message(
        "An address does not answer",
        f"Found:\n\n{_indent(error.explanation)}\n\n"
        f"A requirement names that address itself: it is none of a package index. See whether it\n"
        f"is right, and whether the build can reach it. Behind a proxy set HTTPS_PROXY and\n"
        f"NO_PROXY as build environment variables (pack build --env, or build.buildEnvs in\n"
        f"func.yaml).",
    )


@describe.register
def _address_failing(error: errors.AddressFailing) -> Message:
    return Message(
        "An address answers with an error",
        f"Found:\n\n{_indent(error.explanation)}\n\n"
        f"See whether the address is right: a version or a branch may be gone, and in\n"
        f"requirements.txt each option needs a line of its own. If it wants credentials, give\n"
        f"them in a service binding of type netrc; docs/private-indexes.md has an example.",
    )


@describe.register
def _index_unreachable(error: errors.IndexUnreachable) -> Message:
    return Message(
        "The package index does not answer",
        f"Found:\n\n{_indent(error.explanation)}\n\n{_NETWORK}",
    )


@describe.register
def _index_refused(error: errors.IndexRefused) -> Message:
    address = f"Index:    {error.address}\n" if error.address else ""
    called = f"Name:     {error.name}\n" if error.name else ""
    stated = f"File:     {error.path}\n" if error.path else ""
    return Message(
        "The package index refuses access",
        f"{address}{called}{stated}Found:\n\n{_indent(error.explanation)}\n\n"
        f"It wants a user and password, or others than it got, or this user may not read the\n"
        f"package. Set build variables (pack build --env, or build.buildEnvs in func.yaml):\n\n"
        f"{_indent(_credentials(error))}\n\n"
        f"Service bindings of type netrc, pip or uv keep them out of the shell's history:\n"
        f"docs/private-indexes.md has examples. Some indexes answer 403 for a package that they\n"
        f"do not have: have such a one asked for its own packages alone (explicit = true in\n"
        f"[[tool.uv.index]]).",
    )


def _credentials(error: errors.IndexRefused) -> str:
    """Return the variables that give credentials for an index: of its own, or with its address."""
    if error.variables:
        return "\n".join(error.variables)
    scheme, _, rest = (error.address or "https://HOST/simple/").partition("://")
    return f"PIP_EXTRA_INDEX_URL={scheme}://USER:PASSWORD@{rest}"


@describe.register
def _index_untrusted(error: errors.IndexUntrusted) -> Message:
    return Message(
        "The package index has a certificate that is not trusted",
        f"Found:\n\n{_indent(error.explanation)}\n\n"
        f"Give the certificate of the authority that signed it (PEM) in a service binding of type\n"
        f"ca-certificates. docs/private-indexes.md has an example.",
    )


@describe.register
def _index_failing(error: errors.IndexFailing) -> Message:
    return Message(
        "The package index fails",
        f"Found:\n\n{_indent(error.explanation)}\n\n"
        f"It answers with an error of its own, also when asked again. Build again when it works;\n"
        f"UV_HTTP_RETRIES says how often it is asked.",
    )


@describe.register
def _index_too_slow(error: errors.IndexTooSlow) -> Message:
    return Message(
        "The package index takes too long to answer",
        f"Found:\n\n{_indent(error.explanation)}\n\n"
        f"Each request waits UV_HTTP_TIMEOUT seconds (30) for the next bytes and is repeated\n"
        f"UV_HTTP_RETRIES times (2). Raise them for a slow index.\n{_NETWORK}",
    )


@describe.register
def _binding_invalid(error: errors.BindingInvalid) -> Message:
    return Message(
        "A service binding cannot be used",
        f"Binding:  {error.path}\nFound:    {error.found}\n\n"
        f"It must be {error.expected}. The build reads bindings of the types pip, netrc,\n"
        f"ca-certificates and uv; docs/private-indexes.md says what each holds.",
    )


@describe.register
def _install_failed(error: errors.InstallFailed) -> Message:
    missing = f"Missing:  {error.missing}\n" if error.missing else ""
    said = f"; it said\n\n{_indent(error.explanation)}" if error.explanation else ""
    return Message(
        "The packages could not be installed",
        f"File:     {error.what}\n{missing}Found:    uv {_ending(error.status)}{said}\n\n"
        + (f"{_NOT_BUILT}\n\n" if missing else "")
        + (f"{_KILLED}\n\n" if error.status < 0 else "")
        + f"Correct what uv names and build again. The same install on your machine, in the\n"
        f"function's folder:\n\n{_indent(error.command)}",
    )


_KILLED = "If that is SIGKILL, memory ran out: give the build more."
_NOT_BUILT = """\
The build has the folder that is built and nothing around it. If that path is outside, build the
folder that holds both, and name the function's in it with BP_FUNCTION_PATH. If it is inside, see
that nothing excludes it (project.toml, .funcignore)."""


@describe.register
def _runtime_conflict(error: errors.RuntimeConflict) -> Message:
    return Message(
        "The function's dependencies exclude the runtime",
        f"Package:  {error.package}\nFound:    {error.found}\nNeeded:   {error.needed}\n\n"
        f"The function's own packages come before the runtime's, and the runtime cannot serve\n"
        f"with that version. Change or drop the function's requirement.",
    )


# Packages whose wheels bring what theirs leaves to the system, or do without.
_BUNDLED = {
    "opencv-contrib-python": "opencv-contrib-python-headless",
    "opencv-python": "opencv-python-headless",
    "psycopg-c": "psycopg-binary",
    "psycopg2": "psycopg2-binary",
}


@describe.register
def _architecture_wrong(error: errors.ArchitectureWrong) -> Message:
    return Message(
        "An extension module is for another machine",
        f"Package:  {error.package or 'none'}\nModule:   {error.module}\n"
        f"Found:    {error.found}\nImage:    {error.needed}\n\n"
        f"It was compiled elsewhere and came with a source, or under a wrong name. Install the\n"
        f"package from an index that has its wheel for this machine, or let the build compile it.\n"
        f"If the function does not import that module, set BP_LIBRARY_CHECK to note.",
    )


@describe.register
def _library_missing(error: errors.LibraryMissing) -> Message:
    through = f"Loads:    {error.file}\n" if error.file != error.module else ""
    debian = f"Debian:   {', '.join(error.debian)}\n" if error.debian else ""
    bundled = _BUNDLED.get(error.package.partition(" ")[0])
    wheel = f"for this package that is {bundled}" if bundled else "most do"
    return Message(
        "The run image lacks a shared library",
        f"Package:  {error.package or 'none'}\nModule:   {error.module}\n{through}"
        f"Missing:  {', '.join(error.libraries)}\n{debian}\n"
        f"Where the image runs, that module could not be imported. Use a wheel that brings the\n"
        f"library ({wheel}), link it statically, or build with a run image\n"
        f"that has it. If the function does not import the module, set BP_LIBRARY_CHECK to note.",
    )


_CHANGED = 8  # of them are shown


@describe.register
def _image_changed(error: errors.ImageChanged) -> Message:
    more = len(error.paths) - _CHANGED
    shown = [*error.paths[:_CHANGED], *([f"and {more} more"] if more > 0 else [])]
    files = "\n          ".join(shown)
    return Message(
        "Code that ran in the build changed files of the image",
        f"Changed:  {files}\n\n"
        f"The build loads the function to see that it starts, and builds packages that have no\n"
        f"wheel. Both run code that must not change what the image is made of. Nothing was\n"
        f"exported. Find the code that writes there, in the function or in a package that is new.\n"
        f"BP_FUNCTION_CHECK=off builds without loading the function.",
    )


@describe.register
def _function_unloadable(error: errors.FunctionUnloadable) -> Message:
    said = f"; it said\n\n{_indent(error.output)}" if error.output else " and said nothing"
    hints = (
        _HIDING.format(", ".join(error.hiding)) if error.hiding else "",
        _missing(error) if error.missing else "",
        *_where(error),
        _CRASHED if error.status < 0 else "",
        _LEFT if error.status == 0 else "",
    )
    return Message(
        "The function cannot be loaded",
        f"Package:  {error.package}\nFound:    its process {_ending(error.status)}{said}\n\n"
        + "".join(f"{hint}\n\n" for hint in hints if hint)
        + "The build imports the function and calls new(), as every start of the image will.\n"
        "What needs a database, a secret or another service belongs into start(cfg), which\n"
        "only runs in the container. To build without this check, set BP_FUNCTION_CHECK to\n"
        "import (does not call new()) or off.",
    )


_HIDING = """\
Beside the function are files with names of Python's own modules, which all packages get in their
place: {}. Rename them, or move them into function/."""


def _ending(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"ended by signal {signal.Signals(-status).name}"
    except ValueError:  # one of those for real time
        return f"ended by signal {-status}"


_CRASHED = """\
Native code crashed (SIGSEGV, SIGABRT, SIGILL), or memory ran out (SIGKILL). Where Python was then
is in the lines above, if there was time to write it."""
_LEFT = """\
It ended before the function was loaded, as os._exit(0) ends it, and without an error: an image
would end at once."""


def _missing(error: errors.FunctionUnloadable) -> str:
    module = error.missing
    if error.places or error.settings:
        return f"No package that is installed has the module {module}."
    if error.asked_in:
        return (
            f"{module} is of version 1 of the cloudevents SDK, and another one is installed. Ask\n"
            f"for cloudevents<2 in {error.asked_in}, and lock again if there is a lock."
        )
    if module in sys.stdlib_module_names:
        return (
            f"{module} is part of Python, but the image's leaves out what needs a terminal or a\n"
            f"display: docs/images.md has the list. A Python in a layer of its own has curses and\n"
            f"readline: set BP_PYTHON_VERSION to another version than the images', such as 3.12."
        )
    return (
        f"No package that is installed has the module {module}. Add the one that has it to the\n"
        f"function's dependencies. Is it a module of the function's own? Import it by its whole\n"
        f"name, or with `from . import {module}`. Is it in a folder above the function's? Build\n"
        f"that folder, and name the function's in it with BP_FUNCTION_PATH."
    )


def _where(error: errors.FunctionUnloadable) -> Iterator[str]:
    """Yield what is known of where the missing module is."""
    if error.settings:
        yield _IN_A_GROUP.format(_indent("\n".join(error.settings)))
    if error.excluding:
        yield _EXCLUDED.format(", ".join(error.excluding))
    if error.places:
        yield _IN_THE_SOURCE.format(_indent("\n".join(error.places)), error.path)
        place = PurePath(error.places[0])
        is_within = PurePath(error.path, constants.PACKAGE) in place.parents
        if place.suffix != ".py" and not is_within:
            yield _as_a_package(place, error)


def _as_a_package(place: PurePath, error: errors.FunctionUnloadable) -> str:
    """Return how a folder of the source becomes a package, and how that is asked for."""
    path = os.path.relpath(place, error.path)
    path = path if path.startswith(".") else f"./{path}"
    file, lines = _BY_PATH.get(error.stated_in, (constants.REQUIREMENTS, "{1}"))
    asked = _indent(lines.format(place.name, path))
    return _AS_A_PACKAGE.format(place, place.name, file, asked)


# What states the dependencies → the file to write in, and the lines; {0} is the name, {1} the path.
_OF_UV = (
    constants.PYPROJECT,
    'dependencies = ["{0}"]\n[tool.uv.sources]\n{0} = {{ path = "{1}" }}',
)
_BY_PATH = {
    constants.PYPROJECT: _OF_UV,
    constants.UV_LOCK: _OF_UV,
    constants.PYLOCK: _OF_UV,
    constants.POETRY_LOCK: (
        constants.PYPROJECT,
        '[tool.poetry.dependencies]\n{0} = {{ path = "{1}" }}',
    ),
    constants.PIPFILE_LOCK: (constants.PIPFILE, '[packages]\n{0} = {{ path = "{1}" }}'),
}


_IN_A_GROUP = """\
A package of that name is in an extra or group that is not installed. If the function needs it, set
the build variable

{}"""
_EXCLUDED = "{} leaves something of that name out of the build: see whether it is this module."
_IN_THE_SOURCE = """\
The source has a module of that name, though not where Python looks for it:

{0}

Python looks in the folder that holds function/ ({1}), and upper and lower case count. Move or copy
it there. One that is within function/ is imported by its whole name, or with `from . import`."""
_AS_A_PACKAGE = """\
Or install it as a package, which several functions can share. Write {0}/pyproject.toml:

    [project]
    name = "{1}"
    version = "1"
    [tool.setuptools]
    packages = ["{1}"]
    package-dir = {{ "{1}" = "." }}

and ask for it in {2} (then lock again, if there is a lock):

{3}"""


@describe.register
def _function_slow(error: errors.FunctionSlow) -> Message:
    last = "\n".join(error.output.splitlines()[-_SHOWN_LINES:])
    said = f"; it said\n\n{_indent(last)}" if last else ""
    return Message(
        "The function does not load in time",
        f"Package:  {error.package}\n"
        f"Found:    it was not loaded after {error.seconds:g} s, and was ended{said}\n\n"
        f"The build imports the function and calls new(), as every start of the image will, and\n"
        f"something in them waits or serves: a sleep, a connection, a loop, app.run(). Move that\n"
        f"into start(cfg), which only runs in the container; what serves is the runtime. To build\n"
        f"without this check, set BP_FUNCTION_CHECK to import (does not call new()) or off.",
    )


# Of what a function said that may have said the same for minutes.
_SHOWN_LINES = 40


def _indent(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.split("\n"))
