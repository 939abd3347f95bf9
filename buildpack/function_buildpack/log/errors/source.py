"""Errors of the source, of settings and of bindings."""

from dataclasses import dataclass
from pathlib import Path

from function_buildpack.log.errors import BuildpackError

MAX_LINE_LENGTH = 120  # of a shown source line


@dataclass(eq=False)
class SettingInvalid(BuildpackError):
    """A variable has an invalid value. `expected` completes "must be …"."""

    name: str
    found: str
    expected: str


@dataclass(eq=False)
class FunctionFolderMissing(BuildpackError):
    """BP_FUNCTION_PATH is not a folder, or one outside the source."""

    found: str


@dataclass(eq=False)
class FileUnreadable(BuildpackError):
    """The build or the image's user cannot read a file, or it is not a regular file."""

    path: Path
    problem: str


@dataclass(eq=False)
class FileOutside(BuildpackError):
    """A source file of the function is a link to `target`, which is outside the source."""

    path: Path
    target: Path


@dataclass(eq=False)
class RuntimeHidden(BuildpackError):
    """A module or package next to the function hides one of the runtime."""

    path: Path
    module: str


@dataclass(eq=False)
class FileInvalid(BuildpackError):
    """A file is not valid in its format. `problem` is the parser's, with the line."""

    path: Path
    format: str
    problem: str

    @classmethod
    def undecodable(cls, path: Path, format_: str, error: UnicodeDecodeError) -> "FileInvalid":
        """Return the error for a file that is not in UTF-8, which all these formats require."""
        line = error.object.count(b"\n", 0, error.start) + 1
        byte = error.object[error.start]
        return cls(path, format_, f"it is not in UTF-8: byte 0x{byte:02x} (at line {line})")

    @classmethod
    def too_deep(cls, path: Path, format_: str) -> "FileInvalid":
        """Return the error for brackets that are nested too deeply for a parser."""
        return cls(path, format_, "it is nested too deeply")


@dataclass(eq=False)
class FieldInvalid(BuildpackError):
    """A field of a file has an invalid value. `expected` completes "must be …"."""

    path: Path
    field: str
    found: str
    expected: str


@dataclass(eq=False)
class PackageMissing(BuildpackError):
    """The function's folder has neither `function/` nor `function.py` nor `src/function/`."""

    folder: Path
    entries: tuple[str, ...]


@dataclass(eq=False)
class SyntaxInvalid(BuildpackError):
    """A source file does not compile with a version of Python. `line` is 0 if it is unknown."""

    path: Path
    line: int
    source: str
    problem: str
    python: str

    @classmethod
    def found(cls, path: Path, error: BaseException, python: str) -> "SyntaxInvalid":
        """Return the error for an exception of the compiler. NUL bytes are a ValueError."""
        line = getattr(error, "lineno", None) or 0
        source = getattr(error, "text", None) or ""
        problem = getattr(error, "msg", str(error)) or "it is nested too deeply"  # MemoryError
        return cls(path, line, source.strip()[:MAX_LINE_LENGTH], problem, python)


@dataclass(eq=False)
class BindingInvalid(BuildpackError):
    """A service binding, or a file of it, is malformed. `expected` completes "must be …".

    `found` never contains the file's text, which may be a credential.
    """

    path: Path
    found: str
    expected: str
