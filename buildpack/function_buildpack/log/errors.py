"""Everything that can stop a phase, as facts. What a user reads is in messages.py.

BuildpackError
├── SettingInvalid            a BP_ or BPE_ variable has a value that cannot be used
├── FunctionFolderMissing     BP_FUNCTION_PATH names no folder of the source
├── FileUnreadable            a file of the function cannot be read
├── FileOutside               a file of the function is outside of the source
├── FileInvalid               func.yaml, pyproject.toml: not valid YAML or TOML, or not text
├── FieldInvalid              a field of such a file has a value that cannot be used
├── RuntimeHidden             a file beside the function has the name of a module of the runtime
├── PackageMissing            there is no `function` package or module, or no __init__.py in it
├── SyntaxInvalid             a source file of the function does not compile
├── PythonInvalid             a request for a Python has none of the known forms
├── PythonForeign             it is for another Python than CPython
├── PythonEnded               it is for a version that gets no more fixes
├── PythonUnknown             there is no such version
├── PythonConflict            two statements of a Python version exclude each other
├── PythonUninstalled         the Python that was asked for could not be installed
├── WheelMissing              a package has wheels only for other Pythons
├── ToolMissing               the build image lacks a program that the build needs
├── ToolsUnavailable          what the build image lacks could not be installed
├── DownloadDamaged           the package index has another file than the pinned one
├── RequirementsUnsolvable    no set of versions meets the requirements
├── LockOutdated              a lock does not match what it was made from
├── LockUnsupported           a lock is of a format that is not read
├── LockMissing               a Pipfile without its lock, or what only Poetry's lock tells
├── SelectionUnknown          BP_FUNCTION_EXTRAS or BP_FUNCTION_GROUPS names what is not there
├── SelectionConflict         they name what the project says must not be installed together
├── UvUnfit                   the project asks for another version of uv than the build has
├── HashMismatch              a package's file is not the one that the lock has the hash of
├── BindingInvalid            a service binding is malformed
├── RepositoryRefused         a git repository wants credentials
├── AddressUnreachable        a repository, list or wheel is at an address that does not answer
├── AddressFailing            an address, an index's too, answers with an error
├── IndexUnreachable          the package index does not answer
├── IndexRefused              the package index wants other credentials
├── IndexUntrusted            the package index has a certificate that is not trusted
├── IndexFailing              the package index answers that it fails
├── IndexTooSlow              the package index takes too long
├── DiskFull                  a disk is full
├── InstallFailed             the installer failed for another reason
├── RuntimeConflict           the function pins a package to a version the runtime cannot use
├── ArchitectureWrong         an extension module is for another machine than the image
├── LibraryMissing            an extension module needs a library that the image does not have
├── ImageChanged              code that ran in the build changed what the image is made of
├── FunctionUnloadable        importing the function or calling new() failed
└── FunctionSlow              importing the function and calling new() did not come to an end
"""

from dataclasses import dataclass
from pathlib import Path

SHOWN = 120  # of a line that does not compile
NO_SOURCE = "none"  # of a package


class BuildpackError(Exception):
    """Stops a phase. Leaves are dataclasses of facts.

    They are neither frozen (contextlib assigns `__traceback__`) nor comparable (`eq=False` keeps
    them hashable).
    """


@dataclass(eq=False)
class SettingInvalid(BuildpackError):
    """A variable's value cannot be used; `expected` completes "must be …"."""

    name: str
    found: str
    expected: str


@dataclass(eq=False)
class FunctionFolderMissing(BuildpackError):
    """BP_FUNCTION_PATH names a folder that is not there, or one outside of the source."""

    found: str


@dataclass(eq=False)
class FileUnreadable(BuildpackError):
    """What is there is no file that the build, or the image's user, can read."""

    path: Path
    problem: str


@dataclass(eq=False)
class FileOutside(BuildpackError):
    """A source file of the function is a link to `target`, which is not part of the source."""

    path: Path
    target: Path


@dataclass(eq=False)
class RuntimeHidden(BuildpackError):
    """A module or package beside the function hides one that the runtime is made of."""

    path: Path
    module: str


@dataclass(eq=False)
class FileInvalid(BuildpackError):
    """A file is not in the format that its name says; `problem` is the parser's, with the line."""

    path: Path
    format: str
    problem: str

    @classmethod
    def undecodable(cls, path: Path, format_: str, error: UnicodeDecodeError) -> "FileInvalid":
        """Say where a file is not in UTF-8, in which all of these formats are written."""
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        return cls(path, format_, f"it is not in UTF-8: byte 0x{byte:02x} (at line {line})")

    @classmethod
    def too_deep(cls, path: Path, format_: str) -> "FileInvalid":
        """Say that there are more brackets within brackets than a parser follows."""
        return cls(path, format_, "it is nested too deeply")


@dataclass(eq=False)
class FieldInvalid(BuildpackError):
    """A field of a file has a value of another kind; `expected` completes "must be …"."""

    path: Path
    field: str
    found: str
    expected: str


@dataclass(eq=False)
class PackageMissing(BuildpackError):
    """The function's folder holds neither `function/` nor `function.py` nor `src/function/`."""

    folder: Path
    entries: tuple[str, ...]


@dataclass(eq=False)
class SyntaxInvalid(BuildpackError):
    """A source file does not compile with a version of Python; `line` is 0 where none is named."""

    path: Path
    line: int
    source: str
    problem: str
    python: str

    @classmethod
    def found(cls, path: Path, error: BaseException, python: str) -> "SyntaxInvalid":
        """Take the facts from what the compiler raised: SyntaxError, ValueError for NUL bytes."""
        line = getattr(error, "lineno", None) or 0
        source = getattr(error, "text", None) or ""
        problem = getattr(error, "msg", str(error)) or "it is nested too deeply"  # MemoryError
        return cls(path, line, source.strip()[:SHOWN], problem, python)


@dataclass(eq=False)
class PythonInvalid(BuildpackError):
    """A request for a Python, in the setting or file `where`, names no version; `known` would."""

    where: str
    found: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonForeign(BuildpackError):
    """A request for a Python is for another than CPython, or for a variant of it."""

    where: str
    found: str


@dataclass(eq=False)
class PythonEnded(BuildpackError):
    """What `stated` asks for is `version` or older, which gets no fixes since the month `end`."""

    stated: str
    version: str
    end: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonUnknown(BuildpackError):
    """None of the versions that there are meets what is stated; `known` are the newest of each."""

    stated: str
    known: tuple[str, ...]


@dataclass(eq=False)
class PythonConflict(BuildpackError):
    """No version meets both statements, though some meet each."""

    stated: str
    other: str


@dataclass(eq=False)
class PythonUninstalled(BuildpackError):
    """uv could not install `what`, a Python or the list of them; the explanation is uv's."""

    what: str
    explanation: str


@dataclass(eq=False)
class WheelMissing(BuildpackError):
    """A package has wheels only for other Pythons, and the function allows some of these."""

    package: str
    python: str
    having: tuple[str, ...]
    allowed: tuple[str, ...]
    source: str = "one that can be compiled"


@dataclass(eq=False)
class ToolMissing(BuildpackError):
    """A program that the build needs is not on the build image's PATH."""

    name: str


@dataclass(eq=False)
class ToolsUnavailable(BuildpackError):
    """pip ended with `status` when it installed what the build runs on; its words are above."""

    requirements: str
    status: int


@dataclass(eq=False)
class DownloadDamaged(BuildpackError):
    """A file of the package index has another SHA-256 than the one that is pinned."""

    file: str
    expected: str
    found: str


@dataclass(eq=False)
class RequirementsUnsolvable(BuildpackError):
    """No set of versions meets the requirements of `path`.

    `without_index` is the setting because of which no index was asked, if there is one. Then
    `wheels` is the source's folder of wheels, if that was searched, and `links` are the places that
    PIP_FIND_LINKS or UV_FIND_LINKS names. `indexes` are the addresses of those that the project
    names.
    """

    path: Path
    explanation: str
    without_index: str = ""
    wheels: str = ""
    links: tuple[str, ...] = ()
    indexes: tuple[str, ...] = ()


@dataclass(eq=False)
class LockOutdated(BuildpackError):
    """The lock was made from other requirements than those of the project.

    `found` says which, where that is known; `command` makes the lock anew. `unstated` is the
    lock's requires-python, where the project has none and the tool took that of its own Python.
    """

    lock: Path
    project: Path
    command: str
    found: str = ""
    unstated: str = ""


@dataclass(eq=False)
class LockUnsupported(BuildpackError):
    """The lock is of a format that the build does not read; `command` makes it anew."""

    lock: Path
    found: str
    command: str


@dataclass(eq=False)
class LockMissing(BuildpackError):
    """A file states dependencies that are only installed from its lock, and it has none.

    `groups` are those of them that are asked for, if only they need it.
    """

    path: Path
    lock: str
    command: str
    groups: tuple[str, ...] = ()


@dataclass(eq=False)
class SelectionUnknown(BuildpackError):
    """The variable `name` asks for an extra or a group that `path` does not have.

    `known` are those that it has; None where only its build backend knows.
    """

    name: str
    found: str
    path: Path
    known: tuple[str, ...] | None


@dataclass(eq=False)
class SelectionConflict(BuildpackError):
    """The settings, NAME=VALUE, ask for extras or groups of `path` that exclude each other."""

    settings: tuple[str, ...]
    path: Path
    explanation: str
    command: str


@dataclass(eq=False)
class UvUnfit(BuildpackError):
    """A field of a file asks for `wanted`, and the build has uv `found`."""

    file: str
    field: str
    wanted: str
    found: str


@dataclass(eq=False)
class HashMismatch(BuildpackError):
    """A file has another hash than `path` says; the explanation names the package and both."""

    path: Path
    explanation: str


@dataclass(eq=False)
class RepositoryRefused(BuildpackError):
    """A git repository wants credentials, or others than it got."""

    explanation: str


@dataclass(eq=False)
class AddressUnreachable(BuildpackError):
    """An address that a requirement names, none of an index, does not answer."""

    explanation: str


@dataclass(eq=False)
class AddressFailing(BuildpackError):
    """An address answers with an error that no other class is for."""

    explanation: str


@dataclass(eq=False)
class IndexUnreachable(BuildpackError):
    """The package index does not answer, or not with a package."""

    explanation: str


@dataclass(eq=False)
class IndexRefused(BuildpackError):
    """The package index at `address` answers 401 or 403.

    `name` is what the project calls it, if it has a name there, and `variables` would have its
    credentials. `path` is the file that packages were installed from.
    """

    explanation: str
    address: str = ""
    name: str = ""
    variables: tuple[str, ...] = ()
    path: str = ""


@dataclass(eq=False)
class IndexUntrusted(BuildpackError):
    """The package index has a certificate that no trusted authority has signed."""

    explanation: str


@dataclass(eq=False)
class IndexFailing(BuildpackError):
    """The package index answers with a status from 500 on, again and again."""

    explanation: str


@dataclass(eq=False)
class IndexTooSlow(BuildpackError):
    """The package index did not answer in time, again and again."""

    explanation: str


@dataclass(eq=False)
class BindingInvalid(BuildpackError):
    """A service binding, or a file of it, is malformed; `expected` completes "must be …".

    `found` never holds the file's text, which may be a credential.
    """

    path: Path
    found: str
    expected: str


@dataclass(eq=False)
class DiskFull(BuildpackError):
    """There is no room left where something was to be written."""

    explanation: str


@dataclass(eq=False)
class InstallFailed(BuildpackError):
    """The installer ended with `status`, below zero by that signal; the explanation is its own.

    `command` does the same elsewhere; `missing` is a path that the requirements lead to and that
    is not there.
    """

    what: str
    status: int
    command: str
    explanation: str = ""
    missing: str = ""


@dataclass(eq=False)
class RuntimeConflict(BuildpackError):
    """The function's dependencies hold `found` of a package, the runtime needs `needed`."""

    package: str
    found: str
    needed: str


@dataclass(eq=False)
class ArchitectureWrong(BuildpackError):
    """The extension module `module` of a package is for the machine `found`, the image's another.

    The package is empty if no installed one has the file.
    """

    package: str
    module: Path
    found: str
    needed: str


@dataclass(eq=False)
class LibraryMissing(BuildpackError):
    """`file`, loaded by the extension module `module`, needs libraries that the image lacks.

    `debian` names the packages that they are from in the build image.
    """

    package: str
    module: Path
    file: Path
    libraries: tuple[str, ...]
    debian: tuple[str, ...]


@dataclass(eq=False)
class ImageChanged(BuildpackError):
    """Code that is not the build's own has changed these files of the image or of its cache."""

    paths: tuple[str, ...]


@dataclass(eq=False)
class FunctionUnloadable(BuildpackError):
    """The runtime did not load the function; `output` is what it said, with the traceback.

    `status` is how its process ended, below zero by that signal; `hiding` are files beside the
    function that hide modules of the standard library; `missing` is a module that nothing has,
    neither Python nor a package. If that is of version 1 of the cloudevents SDK, `asked_in` is the
    file in which to ask for it.

    Where the module may be instead: `places` of the source, `settings` for groups that have such a
    package, `excluding` files that keep that name out of the build. `path` is the function's folder
    in the source, `stated_in` the file that states the dependencies.
    """

    package: Path
    status: int
    output: str
    hiding: tuple[str, ...] = ()
    missing: str = ""
    asked_in: str = ""
    places: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    excluding: tuple[str, ...] = ()
    path: str = ""
    stated_in: str = ""


@dataclass(eq=False)
class FunctionSlow(BuildpackError):
    """The function was not loaded after so many seconds; `output` is what was said until then."""

    package: Path
    seconds: float
    output: str
