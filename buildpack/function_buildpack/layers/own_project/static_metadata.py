"""The metadata of a project as pyproject.toml has it, for uv's own build backend."""

import glob
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli_w

from function_buildpack import constants
from function_buildpack.source.project import Project

# The folder of a workplace that is built in.
SOURCE = "source"


def described_by(function: Project) -> list[Path]:
    """Return the files of the source that static metadata includes: the description, licenses."""
    table = function.pyproject.project
    stated = [file for name in _WITH_FILES if (file := _file(table.get(name)))]
    return sorted({*_inside(function.folder, stated), *_licenses(function)})


_WITH_FILES = ("readme", "license")


def _file(stated: object) -> str:
    """Return the file that a field names, by itself or in a table."""
    file = stated.get("file") if isinstance(stated, dict) else stated
    return file if isinstance(file, str) else ""


def _licenses(function: Project) -> list[Path]:
    """Return the license files, as the project says or else as build backends look for them."""
    stated = function.pyproject.project.get("license-files", _LICENSES)
    patterns = map(str, stated) if isinstance(stated, list) else _LICENSES
    found = (path for each in patterns for path in glob.glob(each, root_dir=function.folder))  # noqa: PTH207 -- takes any
    return _inside(function.folder, found)


_LICENSES = ["LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"]


def _inside(folder: Path, found: Iterable[str]) -> list[Path]:
    """Return the files among these that are in the folder, which is all that a package can have."""
    paths = {Path(os.path.normpath(folder / name)) for name in found}
    return sorted(path for path in paths if path.is_relative_to(folder) and path.is_file())


# uv's build backend wants a package with code.
NO_CODE = "no_code"


def describe(function: Project, app: Path, place: Path) -> Path:
    """Return a folder with the same metadata and no code, for uv's own build backend.

    That needs no other package and takes milliseconds. A file that is not there is left out.
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
    if isinstance(table.get("license"), str):  # beside other licenses no files may be named
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
    """Yield the fields that name a file which is not there; a license by itself is no file."""
    for name in _WITH_FILES:
        is_file = name == "readme" or isinstance(table.get(name), dict)
        if is_file and (file := _file(table.get(name))) and not (folder / file).is_file():
            yield name
