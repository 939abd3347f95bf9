"""The project layer: what an installation of the function's own project adds to its source.

The source stays in the application folder. The layer has the metadata, the console scripts, and
packages that the source does not have under these names; for the rest it links to the application.
What a build backend generates or compiles within a package of the source is laid into the
application. All of it is done in each build, for the source changes; what had to be built for it is
kept in an archive (docs/adr/0021-the-functions-own-project.md).
"""

import csv
import filecmp
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from packaging.utils import canonicalize_name

from function_buildpack import constants
from function_buildpack.cnb.layer_env import Behaviour, Change, LayerEnv
from function_buildpack.cnb.layers import Layer, Types
from function_buildpack.image import build_traces, bytecode, distributions, sbom
from function_buildpack.image.artifacts import Artifacts
from function_buildpack.image.distributions import Distribution
from function_buildpack.layers.archives import Archives
from function_buildpack.layers.own_project import static_metadata
from function_buildpack.source import python_files
from function_buildpack.source.project import Project
from function_buildpack.system import file_modes, source_copy
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Runner

# Folders of a workplace: what comes of the source there, and goes into the archive.
PACKAGES = "packages"
_APPLICATION = "application"


@dataclass(frozen=True)
class Metadata:
    """All that decides what is in the archive."""

    source: str
    python: str
    platform: str
    uv: str
    buildpack: str
    git: str = ""
    variables: str = ""
    uv_settings: str = ""
    uv_configuration: str = ""
    refresh: str = ""
    library_check: str = ""  # what one setting lets pass another may not


@dataclass(frozen=True)
class OwnProject:
    """The filled layer."""

    layer: Layer

    @property
    def packages(self) -> Path:
        """The folder on the import path, behind what is installed."""
        return self.layer.path / PACKAGES

    @property
    def env(self) -> LayerEnv:
        """What the image's environment gets: the project's commands on PATH."""
        commands = self.packages / "bin"
        if not commands.is_dir():
            return ()
        return (Change("PATH", Behaviour.PREPEND, str(commands), delimiter=":"),)

    @property
    def package(self) -> Distribution:
        """What is installed."""
        return distributions.installed(self.packages)[0]

    def keep(self) -> None:
        """Have the layer exported."""
        self.layer.keep(Types(launch=True), self.env)


@contextmanager
def workplace(layer: Layer) -> Iterator[Path]:
    """Yield a folder to build in, always of the same name: it may get into what is built."""
    place = layer.path.with_name(f".{layer.path.name}")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def copy(function: Project, app: Path, place: Path) -> Path:
    """Return a copy of the function's folder, in a copy of the whole source, to be built in.

    Build backends write into the folder that they build. What git keeps is only linked to: they
    read it.
    """
    made = place / static_metadata.SOURCE
    source_copy.make(app, made, LARGE, _MOST)
    for parent, folders, files in os.walk(app):
        if constants.GIT in (*folders, *files):
            linked = made / Path(parent).relative_to(app) / constants.GIT
            linked.symlink_to(Path(parent, constants.GIT))
        folders[:] = [name for name in folders if name != constants.GIT]
    folder = made / function.folder.relative_to(app)
    if not function.has_pyproject:
        (
            folder / constants.PYPROJECT
        ).touch()  # without one uv sees no project in a setup.cfg alone
    return folder


# Larger files are only linked to: copying a model would take longer than all else. Smaller ones
# are copied: a build backend may write into what is there.
LARGE, _MOST = 32 << 20, 1 << 30


def sort(place: Path, root: Path, python: Interpreter, started_by: Path) -> None:
    """Have a workplace hold what the archive gets, once the package was installed there.

    `root` is the folder of the application with the packages. Commands get another Python than the
    one that the installation was for.
    """
    installed = place / PACKAGES
    (installed / ".lock").unlink(missing_ok=True)
    if (stub := installed / static_metadata.NO_CODE / "__init__.py").is_file():
        build_traces.drop(stub, _record(installed))
        stub.parent.rmdir()
    build_traces.forget_times(installed)
    build_traces.forget_place(installed, place / static_metadata.SOURCE)
    _lead(installed, python, started_by)
    _separate(installed, root, place / _APPLICATION)
    shutil.rmtree(place / static_metadata.SOURCE)
    file_modes.settle(place)


def _lead(installed: Path, python: Interpreter, wanted: Path) -> None:
    """Have commands start the wanted Python instead of that of the installation."""
    written = f"#!{python.path}\n".encode()
    for command in _commands(installed).glob("*"):
        content = command.read_bytes()
        if content.startswith(written):
            changed = f"#!{wanted}\n".encode() + content.removeprefix(written)
            build_traces.rewrite(command, changed, _record(installed))


def _separate(installed: Path, root: Path, application: Path) -> None:
    """Move what belongs in packages of the source away; drop what these have already."""
    own = {_commands(installed), _record(installed).parent}
    for entry in set(installed.iterdir()) - own:
        if not (root / entry.name).exists():
            continue
        for path in [entry, *entry.rglob("*")]:
            there = root / path.relative_to(installed)
            if path.is_file() and not _are_equal(path, there):
                moved = application / path.relative_to(installed)
                moved.parent.mkdir(parents=True, exist_ok=True)
                path.rename(moved)
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink(missing_ok=True)


def _are_equal(path: Path, other: Path) -> bool:
    return other.is_file() and filecmp.cmp(path, other, shallow=False)


def _commands(packages: Path) -> Path:
    return packages / "bin"


def _record(packages: Path) -> Path:
    """Return the list of the package's files (PEP 376)."""
    return next(packages.glob("*.dist-info/RECORD"))


@dataclass(frozen=True)
class Laid:
    """What was laid into the application: files that it lacked, and others than it had.

    What could not be laid there is in folders of another user.
    """

    new: list[Path] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)
    refused: list[Path] = field(default_factory=list)


def fill(layer: Layer, archives: Archives, root: Path, whole: Iterable[str]) -> Laid:
    """Fill the layer from its archive, and the application with what belongs there.

    `root` is the folder of the application with the packages, `whole` are those of them whose files
    the archive does not know.
    """
    archives.unpack(layer, layer.path)
    laid = _lay(layer.path / _APPLICATION, root)
    shutil.rmtree(layer.path / _APPLICATION, ignore_errors=True)
    packages = layer.path / PACKAGES
    record = _record(packages)
    with record.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            (path, "", "") for path in _files(root, whole)
        )
    for name in _top_levels(record):
        if (root / name).exists() and not (packages / name).exists():
            (packages / name).symlink_to(root / name)
    layer.describe(sbom.document(sbom.packages(distributions.installed(packages), Artifacts())))
    return laid


def remove_older(root: Path, name: str) -> list[Path]:
    """Remove what an installation on the author's machine has left beside the source.

    Python would find these metadata first, be they of another version or not.
    """
    found = [path for path in sorted(root.glob("*.egg-info")) if _is_of(path, name)]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return found


def _is_of(metadata: Path, name: str) -> bool:
    stem = metadata.name.removesuffix(".egg-info").partition("-")[0]
    return canonicalize_name(stem) == canonicalize_name(name)


def _files(root: Path, whole: Iterable[str]) -> Iterator[str]:
    """Yield the files of packages and modules, relative to their folder."""
    for name in whole:
        if (root / name).is_file():
            yield name
        for parent, folders, files in os.walk(root / name):
            folders[:] = sorted(folder for folder in folders if folder != "__pycache__")
            yield from (str(Path(parent, file).relative_to(root)) for file in sorted(files))


def _top_levels(record: Path) -> set[str]:
    with record.open(encoding="utf-8", newline="") as file:
        return {Path(path).parts[0] for path, *_ in csv.reader(file)}


def _lay(folder: Path, root: Path) -> Laid:
    """Move what was made for packages of the source into them."""
    laid = Laid()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        place = root / path.relative_to(folder)
        found = laid.changed if place.is_file() else laid.new
        if not place.is_file() or not _are_equal(path, place):
            try:
                _move(path, place)
            except PermissionError:
                found = laid.refused
            found.append(place)
    return laid


def _move(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)  # a link would be written through
    shutil.move(path, place)


def compile_packages(own: OwnProject, python: Interpreter, run: Runner) -> None:
    """Compile what is in the layer itself; the rest is compiled with the application."""
    if found := [path for path in python_files.sources(own.packages) if not path.is_symlink()]:
        bytecode.compile_packages(found, python, run)
