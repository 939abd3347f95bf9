"""Reads the native files of packages, and finds those that cannot work in an image.

It compares names of libraries, not search paths. The loader reuses a loaded library by its name,
and packages load their own libraries by path first. So every library in the packages counts as
found, by the name of its file or its DT_SONAME.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from function_buildpack.checks import elf
from function_buildpack.checks.elf import Elf

# Every extension module exports PyInit_<name> or PyInitU_<name> (PEP 489).
_ENTRY = b"PyInit"
# File names that Python imports: with its own tag, with the tag of the stable ABI, or without.
_IMPORTABLE = re.compile(r"\w+(\.cpython-[^.]+|\.abi3)?\.so")


@dataclass(frozen=True)
class NativeFile:
    """An extension module or a shared library of a package."""

    path: Path
    elf: Elf

    @property
    def module(self) -> str:
        """The name by which Python imports it. Empty for a library."""
        is_module = self.elf.mentions and _IMPORTABLE.fullmatch(self.path.name)
        return self.path.name.partition(".")[0] if is_module else ""


@dataclass(frozen=True)
class MissingLibraries:
    """Libraries that a file needs and that were not found. `module` is the one that loads it."""

    file: Path
    libraries: tuple[str, ...]
    module: Path | None


def found(folder: Path) -> list[NativeFile]:
    """Return the native files below a folder, sorted, with paths relative to it."""
    files = ((path, elf.read(path, _ENTRY)) for path in sorted(_shared_objects(folder)))
    return [NativeFile(path.relative_to(folder), native) for path, native in files if native]


def _shared_objects(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        likely = (Path(parent, name) for name in names if name.endswith(".so") or ".so." in name)
        yield from (path for path in likely if path.is_file())  # not a broken link


def of_other_machines(files: Sequence[NativeFile], machine: str) -> list[NativeFile]:
    """Return the extension modules for other machines, if there is none for this machine.

    Some packages contain one for each machine, in different folders.
    """
    modules = [file for file in files if file.module]
    fitting = {_twins(file) for file in modules if file.elf.machine == machine}
    return [file for file in modules if _twins(file) not in fitting]


def _twins(file: NativeFile) -> tuple[str, str]:
    """Return what an extension module shares with the same module for another machine."""
    top, *inner = file.path.parts
    return (top if inner else "", file.module)


def missing_libraries(
    files: Sequence[NativeFile], provided: Collection[str]
) -> list[MissingLibraries]:
    """Return the libraries that files need and that neither `provided` nor the files have."""
    named = {name: file for file in files for name in (file.path.name, file.elf.soname)}
    there = named.keys() | set(provided)
    missing = {
        file.path: tuple(name for name in file.elf.needed if name not in there)
        for file in files
        if not there.issuperset(file.elf.needed)
    }
    if not missing:
        return []
    loading = _loading([file for file in files if file.module], named)
    return [
        MissingLibraries(path, libraries, loading.get(path)) for path, libraries in missing.items()
    ]


def _loading(modules: Iterable[NativeFile], named: Mapping[str, NativeFile]) -> dict[Path, Path]:
    """Return the first extension module that loads each file, directly or through libraries."""
    loading: dict[Path, Path] = {}
    for module in modules:
        waiting = [module]
        while waiting:
            file = waiting.pop()
            if file.path not in loading:
                loading[file.path] = module.path
                waiting += [named[name] for name in file.elf.needed if name in named]
    return loading
