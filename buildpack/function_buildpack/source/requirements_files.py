"""Reads requirements files as pip does, and rewrites them if uv would interpret them differently.

uv reads each line separately: a requirement that continues in the next line is an error. uv ignores
`--pre`, and several options on one line. Source of the rules: pip's "Requirements File Format", and
`pip/_internal/req/req_file.py`, which implements it.
"""

import codecs
import os
import re
import shlex
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack import constants

_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read(path: Path) -> str:
    """Return the text of a requirements file: UTF-8, unless a byte order mark or comment differs.

    Invalid bytes become question marks. uv then reports the line.
    """
    content = path.read_bytes()
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    # As in Python's sources, in one of the first two lines (PEP 263).
    found = [_CODING.search(line) for line in content.splitlines()[:2] if line[:1] == b"#"]
    encoding = next((match[1].decode("ascii") for match in found if match), "utf-8")
    try:
        return content.decode(encoding, errors="replace")
    except LookupError:  # an unknown encoding
        return content.decode(errors="replace")


def lines(text: str) -> list[str]:
    """Return the lines as pip reads them: continued ones joined, and without comments.

    The number of lines stays the same: empty lines follow a joined one.
    """
    found, parts, joined = list[str](), list[str](), 0
    for line in text.splitlines():
        is_comment = bool(_COMMENT.match(line))
        parts.append(f" {line}" if is_comment else line)
        joined += 1
        if line.endswith("\\") and not is_comment:
            parts[-1] = line.rstrip("\\")
            continue
        found += [_COMMENT.sub("", "".join(parts)).strip(), *[""] * (joined - 1)]
        parts, joined = [], 0
    if parts:
        found += [_COMMENT.sub("", "".join(parts)).strip(), *[""] * (joined - 1)]
    return found


@dataclass(frozen=True)
class UvRequirements:
    """A requirements file for uv, and options that belong on uv's command line.

    `copies` is the folder with copies of the source's files. None if the file is the user's own.
    """

    path: Path
    options: tuple[str, ...] = ()
    copies: Path | None = None


@contextmanager
def for_uv(path: Path, root: Path, environ: Mapping[str, str]) -> Iterator[UvRequirements]:
    """Yield a requirements file of a source below `root`, in a form that uv reads as pip does.

    That is the file itself if uv interprets it as pip does. Otherwise it and the files that it
    includes are rewritten below another folder, with the same relative paths.
    """
    with tempfile.TemporaryDirectory(prefix="requirements-") as folder:
        writer = _Writer(root, path.parent, Path(folder), environ)
        copy = writer.write(path)
        if writer.differs:
            yield UvRequirements(copy, tuple(writer.options), Path(folder))
        else:
            yield UvRequirements(path)


@dataclass
class _Writer:
    """Writes the copies. `differs` is True if uv would interpret an original differently."""

    root: Path
    cwd: Path
    folder: Path
    environ: Mapping[str, str]
    differs: bool = False
    options: list[str] = field(default_factory=list)
    written: dict[Path, Path] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Write the copy of a file and of those that it includes, and return its path."""
        path = Path(os.path.normpath(path))
        if path in self.written:
            return self.written[path]
        is_inside = path.is_relative_to(self.root)
        place = path.relative_to(self.root if is_inside else path.anchor)
        copy = self.written[path] = self.folder / (place if is_inside else Path("outside", place))
        text = read(path)
        as_pip = lines(text)
        as_uv = [_COMMENT.sub("", line).strip() for line in text.splitlines()]
        self.differs |= as_pip != as_uv or not _is_for_uv(path)
        copied = [shown for line in as_pip for shown in self._line(line, path.parent)]
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("\n".join(copied), encoding="utf-8")
        return copy

    def _line(self, line: str, folder: Path) -> Iterator[str]:
        """Yield a line in uv's form: each option on its own line."""
        if not line.startswith("-"):
            yield self._requirement(line)
            return
        options = [*_options(line)]
        self.differs |= len(options) > 1 or not _FOR_UV.match(line)
        for name, value in options:
            yield self._option(name, value, folder)

    def _option(self, name: str, value: str, folder: Path) -> str:
        """Return an option in uv's form. Empty for one that belongs on uv's command line."""
        if name in _ON_COMMAND_LINE:
            self.differs = True
            self.options += [word for word in (*_ON_COMMAND_LINE[name], value) if word]
            return ""
        if name in _INCLUDES:
            return f"{name} {self._included(value, folder)}"
        if name in _FIND_LINKS:
            return f"{name} {self._found(value, folder)}"
        return f"{name} {value}".strip()

    def _included(self, value: str, folder: Path) -> str | Path:
        if _URL.match(value):
            return value
        path = folder / self._expanded(value)
        return self.write(path) if path.is_file() else path

    def _found(self, value: str, folder: Path) -> str | Path:
        """Return pip's choice: a path relative to the file's folder, or else to the function's."""
        if _URL.match(value):
            return value
        paths = [place / self._expanded(value) for place in (folder, self.cwd)]
        self.differs |= not paths[0].exists() and paths[1].exists()
        return next((path for path in paths if path.exists()), value)

    def _expanded(self, text: str) -> str:
        return _VARIABLE.sub(lambda match: self.environ.get(match[1], match[0]), text)

    def _requirement(self, line: str) -> str:
        """Return a requirement without settings for its build backend, which become options."""
        for _, quoted, plain in _CONFIG_SETTINGS.findall(line):
            self.differs = True
            package = re.split(r"[^\w.-]", line, maxsplit=1)[0]
            self.options += ["--config-settings-package", f"{package}:{quoted or plain}"]
        return _CONFIG_SETTINGS.sub("", line)


_INCLUDES = ("-r", "--requirement", "-c", "--constraint")
_FIND_LINKS = ("-f", "--find-links")
# Options of a requirements file that uv accepts only on its command line.
_ON_COMMAND_LINE = {
    "--pre": ("--prerelease", "allow"),
    "--trusted-host": ("--allow-insecure-host",),
}
_CONFIG_SETTINGS = re.compile(r"\s+--config-settings?[=\s]\s*(?:([\"'])(.*?)\1|(\S+))")
# uv requires a separator between an option and its value: "-e ." and not "-e.".
_FOR_UV = re.compile(r"(-\w|--[\w-]+)([\s=]|$)")
_URL = re.compile(r"[a-z+]+://")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")  # pip's rule


def _options(line: str) -> Iterator[tuple[str, str]]:
    """Yield the options of a line, each with its value."""
    try:
        waiting = shlex.split(line)[::-1]
    except ValueError:  # an unclosed quote, which uv reports
        yield line, ""
        return
    while waiting:
        word = waiting.pop()
        name, _, value = word.partition("=") if word.startswith("--") else (word[:2], "", word[2:])
        if not value and waiting and not waiting[-1].startswith("-"):
            value = waiting.pop()
        yield name, value


def _is_for_uv(path: Path) -> bool:
    """Return whether uv accepts the encoding of a file."""
    content = path.read_bytes()
    return content.startswith(tuple(_MARKS)) or read(path).encode() == content


def not_included(folder: Path) -> tuple[str, ...]:
    """Return the requirements files of a folder that requirements.txt does not include."""
    found = {path for pattern in _OTHERS for path in folder.glob(pattern)}
    seen = _included(folder / constants.REQUIREMENTS)
    lists = (path for path in found | seen if path.suffix == ".txt" and path.is_file())
    made = {path.with_suffix(".in") for path in lists}  # the sources of pip-compile
    others = {path for path in found - seen - made if path.is_file()}
    return tuple(sorted(str(path.relative_to(folder)) for path in others))


_OTHERS = ("requirements*.in", "requirements?*.txt", "requirements/*.txt")


def _included(path: Path, seen: frozenset[Path] = frozenset()) -> frozenset[Path]:
    """Return a requirements file and those that it includes."""
    if path in seen or not path.is_file():
        return seen
    seen |= {path}
    for name in included(read(path)):
        seen = _included(Path(os.path.normpath(path.parent / name)), seen)
    return seen


_COMMENT_OF_UV = re.compile(r"(?:^|\s)#.*")
_CONTINUED = re.compile(r"\\\r?\n")
_INCLUDE = re.compile(r"\s*(?:-r|--requirement|-c|--constraint)[\s=]*[\"']?(.+?)[\"']?\s*")


def joined(text: str) -> list[str]:
    """Return the lines of a requirements file without comments, continued ones joined."""
    return _CONTINUED.sub(" ", _COMMENT_OF_UV.sub("", text)).splitlines()


def included(text: str) -> list[str]:
    """Return the requirements and constraints files that a requirements file includes."""
    return [match[1] for line in joined(text) if (match := _INCLUDE.fullmatch(line))]
