"""Prepares the static metadata of pyproject.toml for uv's build backend."""

import glob
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from function_buildpack import constants
from function_buildpack.source.project import Project

# The folder with the copy of the source, in a work folder.
SOURCE = "source"


def described_by(function: Project) -> list[Path]:
    """Return the files of the source that the metadata include: the description, licenses."""
    table = function.pyproject.project
    named = [file for name in _WITH_FILES if (file := _file(table.get(name)))]
    return sorted({*_inside(function.folder, named), *_licenses(function)})


_WITH_FILES = ("readme", "license")


def _file(value: object) -> str:
    """Return the file that a field names: a text, or the "file" of a table."""
    file = value.get("file") if isinstance(value, dict) else value
    return file if isinstance(file, str) else ""


def _licenses(function: Project) -> list[Path]:
    """Return the license files: those that the project declares, or those that backends find."""
    declared = function.pyproject.project.get("license-files", _LICENSES)
    patterns = map(str, declared) if isinstance(declared, list) else _LICENSES
    found = (path for each in patterns for path in glob.glob(each, root_dir=function.folder))  # noqa: PTH207 -- takes any
    return _inside(function.folder, found)


_LICENSES = ["LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"]


def _inside(folder: Path, found: Iterable[str]) -> list[Path]:
    """Return those of the files that are in the folder. A package cannot contain others."""
    paths = {Path(os.path.normpath(folder / name)) for name in found}
    return sorted(path for path in paths if path.is_relative_to(folder) and path.is_file())


# uv's build backend requires a package with code.
NO_CODE = "no_code"


def describe(function: Project, app: Path, place: Path) -> Path:
    """Return a folder with the same metadata and no code, for uv's build backend.

    That backend needs no other package and takes milliseconds. Missing files are skipped.
    """
    made = place / SOURCE / function.folder.relative_to(app)
    (made / NO_CODE).mkdir(parents=True)
    (made / NO_CODE / "__init__.py").touch()
    for path in described_by(function):
        copied = made / path.relative_to(function.folder)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    table = dict(function.pyproject.project)
    for name in _missing(table, made):
        del table[name]
    if isinstance(table.get("license"), str):  # license-files needs an SPDX expression (PEP 639)
        files = [str(path.relative_to(function.folder)) for path in _licenses(function)]
        table["license-files"] = files
    pyproject = {
        "project": table,
        "build-system": {"requires": ["uv_build"], "build-backend": "uv_build"},
        "tool": {"uv": {"build-backend": {"module-name": NO_CODE, "module-root": ""}}},
    }
    (made / constants.PYPROJECT).write_text(tomli_w.dumps(pyproject), encoding="utf-8")
    return made


def _missing(table: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """Yield the fields that name a missing file. A license as a text is not a file."""
    for name in _WITH_FILES:
        is_file = name == "readme" or isinstance(table.get(name), dict)
        if is_file and (file := _file(table.get(name))) and not (folder / file).is_file():
            yield name
