"""What can be wrong with the source, and with what the platform gave."""

from dataclasses import dataclass
from pathlib import Path

from function_buildpack.log.errors import BuildpackError

SHOWN = 120  # of a line that does not compile


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
class BindingInvalid(BuildpackError):
    """A service binding, or a file of it, is malformed; `expected` completes "must be …".

    `found` never holds the file's text, which may be a credential.
    """

    path: Path
    found: str
    expected: str
