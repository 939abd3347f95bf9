"""The commands for the same installation on a user's machine. Pure: words in, lines out."""

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from function_buildpack.uv import index_settings
from function_buildpack.uv.origin import RequirementsOrigin

_PYTHON, _NO_INDEX = "--python", "--no-index"
# Exports uv.lock as a list of requirements, for an installation without an index.
EXPORT = (
    *("uv", "export", "--quiet", "--frozen", "--no-default-groups", "--no-emit-project"),
    "--no-editable",
)
_MINOR = re.compile(r"python(\d+\.\d+)")


def of_project(command: Sequence[str | Path], cwd: Path, environ: Mapping[str, str]) -> str:
    """Return a command that reads the project's own files, with the required settings."""
    words, minor = _without_python(command)
    return _line([*words, *([_PYTHON, minor] if minor else [])], cwd, environ)


def of_file(
    origin: RequirementsOrigin,
    command: Sequence[str | Path],
    cwd: Path,
    environ: Mapping[str, str],
    *,
    by_pip: bool,
) -> str:
    """Return the commands that install from a file: of its own tool, or of uv.

    For a requirements file that uv would interpret differently, return pip's.
    """
    if origin.again:
        return origin.again
    if by_pip:
        return _by_pip(origin.path, command, cwd, environ)
    if origin.exported_by:
        venv, install = _by_uv([*command[:-1], "-"], cwd, environ)
        return f"{venv}\n{_line(origin.exported_by, cwd, {})} | {install}"
    return "\n".join(_by_uv(command, cwd, environ))


def _by_uv(command: Sequence[str | Path], cwd: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the command that creates an environment, and the one that installs into it."""
    words, minor = _without_python(command)
    venv = ["uv", "venv", *([_PYTHON, minor] if minor else [])]
    return _line(venv, cwd, {}), _line(words, cwd, environ)


def _by_pip(
    requirements: Path, command: Sequence[str | Path], cwd: Path, environ: Mapping[str, str]
) -> str:
    """Return pip's commands for an environment and a requirements file."""
    words, minor = _without_python(command)
    install = [".venv/bin/pip", "install", *_offline(words), "-r", requirements]
    made = f"python{minor} -m venv .venv"
    return f"{made}\n{_line(install, cwd, index_settings.for_pip(environ))}"


def _offline(words: Sequence[str | Path]) -> Sequence[str | Path]:
    """Return the options that exclude an index, which are the same for pip and uv."""
    if _NO_INDEX not in words:
        return []
    place = words.index(_NO_INDEX)
    return words[place : place + (3 if words[place + 1] == "--find-links" else 1)]


def _without_python(command: Sequence[str | Path]) -> tuple[list[str | Path], str]:
    """Return a command without the build's interpreter, and the minor version of that."""
    if _PYTHON not in command:
        return [*command], ""
    place = command.index(_PYTHON)
    minor = _MINOR.search(os.path.realpath(command[place + 1]))
    return [*command[:place], *command[place + 2 :]], minor[1] if minor else ""


def _line(words: Sequence[str | Path], cwd: Path, environ: Mapping[str, str]) -> str:
    """Return a command line for a shell in the function's folder."""
    here = f"{cwd}/"
    variables = [f"{n}={shlex.quote(value.replace(here, ''))}" for n, value in environ.items()]
    return " ".join([*variables, *(shlex.quote(_relative(word, cwd)) for word in words)])


def _relative(word: str | Path, cwd: Path) -> str:
    return os.path.relpath(word, cwd) if isinstance(word, Path) else word
