"""Checks that packages will find their shared libraries in the run image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from function_buildpack.checks import elf, native_files
from function_buildpack.checks.native_files import MissingLibraries, NativeFile
from function_buildpack.image import distributions
from function_buildpack.image.distributions import Distribution
from function_buildpack.log import output, phrases, report
from function_buildpack.log.errors import BuildpackError
from function_buildpack.log.errors.image import ArchitectureWrong, LibraryMissing
from function_buildpack.source.settings import LibraryCheck

# The libraries in the folders of the run image's loader. stack/run/root.sh creates the list.
RUN_LIBRARIES = Path("/opt/knative-python/run-libraries")

# The lists of files of the build image's Debian packages.
_DPKG = Path("/var/lib/dpkg/info")

# Libraries of the system that a manylinux wheel may need, except glibc (PEP 600; auditwheel's
# manylinux-policy.json). A wheel must contain all others. If one is missing there, it is for an
# optional part, such as numba's for TBB, or for a driver, such as libcuda.so.1.
_MANYLINUX = frozenset(
    {
        *("libGL.so.1", "libICE.so.6", "libSM.so.6", "libX11.so.6", "libXext.so.6"),
        *("libXrender.so.1", "libatomic.so.1", "libexpat.so.1", "libgcc_s.so.1"),
        *("libglib-2.0.so.0", "libgobject-2.0.so.0", "libgthread-2.0.so.0", "libstdc++.so.6"),
        "libz.so.1",
    }
)

_MAX_LIBRARIES = 8  # in a note


@dataclass(frozen=True)
class PackageNeeds:
    """Libraries that a package lacks, the first file that needs one, and the module that loads it.

    If they are `optional`, only some parts of the package need them.
    """

    package: str
    libraries: tuple[str, ...]
    file: Path
    module: Path
    optional: bool


def check(
    site: Path, folders: Iterable[Path], wanted: LibraryCheck, listed: Path = RUN_LIBRARIES
) -> None:
    """Check the native files of a folder of packages against the run image, and log the result.

    The build runs on the machine that it builds for. `listed` is the list of the run image's
    libraries, `folders` are additional folders of its loader.

    :raises ArchitectureWrong: an extension module is for another machine.
    :raises LibraryMissing: a library is missing. `wanted` may turn both into notes.
    """
    files = native_files.found(site)
    if not files:
        return
    own = elf.read(Path("/proc/self/exe"))
    assert own is not None
    problems: list[ArchitectureWrong | LibraryMissing] = [*_for_others(files, own.machine, site)]
    there = provided(listed, folders)
    fitting = [file for file in files if file.elf.machine == own.machine]
    lacking = [] if there is None else needs(native_files.missing_libraries(fitting, there), site)
    problems += [_missing(need) for need in lacking if not need.optional]
    if problems and wanted is LibraryCheck.ERROR:
        raise problems[0]
    _log(files, problems, [need for need in lacking if need.optional], compared=there is not None)


def _for_others(files: Sequence[NativeFile], machine: str, site: Path) -> list[ArchitectureWrong]:
    others = native_files.of_other_machines(files, machine)
    owners = distributions.owners(site, [file.path for file in others])
    return [
        ArchitectureWrong(_package(owners.get(file.path)), file.path, file.elf.machine, machine)
        for file in others
    ]


def _missing(need: PackageNeeds) -> LibraryMissing:
    debian = debian_packages(need.libraries)
    return LibraryMissing(need.package, need.module, need.file, need.libraries, debian)


def _log(
    files: Sequence[NativeFile],
    problems: Iterable[BuildpackError],
    optional: Iterable[PackageNeeds],
    *,
    compared: bool,
) -> None:
    for problem in problems:
        report.note(problem)
    for need in optional:
        names = ", ".join(need.libraries[:_MAX_LIBRARIES])
        more = ", …" if len(need.libraries) > _MAX_LIBRARIES else ""
        part = f"{need.package}: {need.file}" if need.package else str(need.file)
        output.note(
            f"{part} needs libraries that the run image lacks: {names}{more}. This matters only "
            f"if the function uses that part."
        )
    if compared:
        output.line(f"Shared libraries: checked {phrases.count(files, 'file')}")
    else:
        output.line("Shared libraries: not checked, because this builder has no list of them")


def provided(listed: Path, folders: Iterable[Path]) -> frozenset[str] | None:
    """Return the names that the run image's loader finds: in the list, and in the folders.

    None if there is no list.
    """
    if not listed.is_file():
        return None
    others = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir()}
    return frozenset(listed.read_text(encoding="utf-8").split()) | others


def needs(missing_libraries: Sequence[MissingLibraries], folder: Path) -> list[PackageNeeds]:
    """Return the missing libraries by package."""
    owners = distributions.owners(folder, [missing.file for missing in missing_libraries])
    needs: dict[tuple[str, bool], PackageNeeds] = {}
    for missing in missing_libraries:
        owner = owners.get(missing.file)
        for library in missing.libraries:
            optional = missing.module is None or _is_excluded(library, owner)
            first = PackageNeeds(
                _package(owner), (), missing.file, missing.module or missing.file, optional
            )
            so_far = needs.setdefault((first.package, optional), first)
            libraries = tuple(sorted({*so_far.libraries, library}))
            needs[first.package, optional] = replace(so_far, libraries=libraries)
    return list(needs.values())


def _package(owner: Distribution | None) -> str:
    return f"{owner.name} {owner.version}" if owner else ""


def _is_excluded(library: str, owner: Distribution | None) -> bool:
    """Return whether the package's wheel excludes the library on purpose."""
    tags = owner.tags if owner else ()
    return library not in _MANYLINUX and any(tag.platform.startswith("manylinux") for tag in tags)


def debian_packages(libraries: Iterable[str], folder: Path = _DPKG) -> tuple[str, ...]:
    """Return the Debian packages of the build image that contain the libraries."""
    wanted = [f"/{library}\n" for library in libraries]
    return tuple(
        path.name.removesuffix(".list").partition(":")[0]
        for path in sorted(folder.glob("*.list"))
        if any(name in path.read_text(encoding="utf-8") for name in wanted)
    )
