"""Reads the native code among packages, and tells what of it cannot work where.

Names of libraries are compared, no search paths. The loader takes one that is loaded already by its
name, and packages load theirs by path before they are needed: so a library that is anywhere among
the packages counts as there, by the name of its file or its own (DT_SONAME).
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
# The names that Python imports: with its own tag, the stable ABI's, or none.
_IMPORTABLE = re.compile(r"\w+(\.cpython-[^.]+|\.abi3)?\.so")


@dataclass(frozen=True)
class NativeFile:
    """An extension module or a library among the packages."""

    path: Path
    elf: Elf

    @property
    def module(self) -> str:
        """The name that Python imports it by, on some machine; empty for a library."""
        is_module = self.elf.mentions and _IMPORTABLE.fullmatch(self.path.name)
        return self.path.name.partition(".")[0] if is_module else ""


@dataclass(frozen=True)
class Lack:
    """A file needs libraries that are nowhere; `module` loads it, if an extension module does."""

    file: Path
    libraries: tuple[str, ...]
    module: Path | None


def found(folder: Path) -> list[NativeFile]:
    """Return the native files below a folder, sorted; their paths are relative to it."""
    files = ((path, elf.read(path, _ENTRY)) for path in sorted(_shared_objects(folder)))
    return [NativeFile(path.relative_to(folder), native) for path, native in files if native]


def _shared_objects(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        likely = (Path(parent, name) for name in names if name.endswith(".so") or ".so." in name)
        yield from (path for path in likely if path.is_file())  # no link to nowhere


def of_other_machines(files: Sequence[NativeFile], machine: str) -> list[NativeFile]:
    """Return the extension modules for other machines that have no twin for this one.

    Some packages bring one for each, in folders of their own.
    """
    modules = [file for file in files if file.module]
    fitting = {_twins(file) for file in modules if file.elf.machine == machine}
    return [file for file in modules if _twins(file) not in fitting]


def _twins(file: NativeFile) -> tuple[str, str]:
    """Return what an extension module has in common with the same one for another machine."""
    top, *inner = file.path.parts
    return (top if inner else "", file.module)


def lacks(files: Sequence[NativeFile], provided: Collection[str]) -> list[Lack]:
    """Return the files whose libraries are neither provided nor among the files."""
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
    return [Lack(path, libraries, loading.get(path)) for path, libraries in missing.items()]


def _loading(modules: Iterable[NativeFile], named: Mapping[str, NativeFile]) -> dict[Path, Path]:
    """Return which extension module loads a file, itself or through libraries: the first one."""
    loading: dict[Path, Path] = {}
    for module in modules:
        waiting = [module]
        while waiting:
            file = waiting.pop()
            if file.path not in loading:
                loading[file.path] = module.path
                waiting += [named[name] for name in file.elf.needed if name in named]
    return loading
