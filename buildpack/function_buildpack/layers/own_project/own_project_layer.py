"""The project layer: what an installation of the function's own project adds to its source.

The source stays in the application folder. The layer has the metadata, the console scripts and
generated packages. For packages of the source it has links to the application. Files that a build
backend generates or compiles within a package of the source are added to the application. Each
build does all of this, because the source changes. The results of the build backend are in an
archive (docs/adr/0021-the-functions-own-project.md).
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

# Folders of a work folder that go into the archive.
PACKAGES = "packages"
_APPLICATION = "application"


@dataclass(frozen=True)
class Metadata:
    """The key of the archive: everything that decides its contents."""

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
    library_check: str = ""  # another value may not accept the same packages


@dataclass(frozen=True)
class OwnProject:
    """The filled layer."""

    layer: Layer

    @property
    def packages(self) -> Path:
        """The folder on the import path, after the installed packages."""
        return self.layer.path / PACKAGES

    @property
    def env(self) -> LayerEnv:
        """Changes to the image's environment: the project's commands on PATH."""
        commands = self.packages / "bin"
        if not commands.is_dir():
            return ()
        return (Change("PATH", Behaviour.PREPEND, str(commands), delimiter=":"),)

    @property
    def package(self) -> Distribution:
        """The installed package."""
        return distributions.installed(self.packages)[0]

    def keep(self) -> None:
        """Write `<layer>.toml`, so that the lifecycle exports the layer."""
        self.layer.keep(Types(launch=True), self.env)


@contextmanager
def workplace(layer: Layer) -> Iterator[Path]:
    """Yield a folder to build in. Its name is always the same: the result may contain it."""
    place = layer.path.with_name(f".{layer.path.name}")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def copy(function: Project, app: Path, place: Path) -> Path:
    """Return the function's folder in a copy of the whole source.

    Build backends write into the folder that they build. They only read `.git`, which is a link.
    """
    made = place / static_metadata.SOURCE
    source_copy.make(app, made, LARGE, _MOST)
    for parent, folders, files in os.walk(app):
        if constants.GIT in (*folders, *files):
            linked = made / Path(parent).relative_to(app) / constants.GIT
            linked.symlink_to(Path(parent, constants.GIT))
        folders[:] = [name for name in folders if name != constants.GIT]
    folder = made / function.folder.relative_to(app)
    if not function.has_pyproject:  # uv does not recognize a setup.cfg alone
        (folder / constants.PYPROJECT).touch()
    return folder


# Larger files become links: copying a model would take longer than everything else. Smaller ones
# are copied, because a build backend may write into them.
LARGE, _MOST = 32 << 20, 1 << 30


def sort(place: Path, root: Path, python: Interpreter, started_by: Path) -> None:
    """Reduce a work folder to the contents of the archive, after the package was installed there.

    `root` is the folder of the application with the packages. Commands get the interpreter
    `started_by`, not the one that the installation used.
    """
    installed = place / PACKAGES
    (installed / ".lock").unlink(missing_ok=True)
    if (stub := installed / static_metadata.NO_CODE / "__init__.py").is_file():
        build_traces.drop(stub, _record(installed))
        stub.parent.rmdir()
    build_traces.drop_uv_notes(installed)
    build_traces.normalize_direct_urls(installed, place / static_metadata.SOURCE)
    _lead(installed, python, started_by)
    _separate(installed, root, place / _APPLICATION)
    shutil.rmtree(place / static_metadata.SOURCE)
    file_modes.normalize(place)


def _lead(installed: Path, python: Interpreter, wanted: Path) -> None:
    """Change the interpreter in the first line of commands."""
    written = f"#!{python.path}\n".encode()
    for command in _commands(installed).glob("*"):
        content = command.read_bytes()
        if content.startswith(written):
            changed = f"#!{wanted}\n".encode() + content.removeprefix(written)
            build_traces.rewrite(command, changed, _record(installed))


def _separate(installed: Path, root: Path, application: Path) -> None:
    """Move new files of the source's packages to `application`, and delete unchanged ones."""
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
class SourceChanges:
    """The files that the project's build added to the application, or changed in it.

    `refused` are those that could not be written, because another user owns the folder.
    """

    new: list[Path] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)
    refused: list[Path] = field(default_factory=list)


def fill(layer: Layer, archives: Archives, root: Path, whole: Iterable[str]) -> SourceChanges:
    """Fill the layer from its archive, and add generated files to the application.

    `root` is the folder of the application with the packages. `whole` are the packages whose files
    are not in the archive's RECORD.
    """
    archives.unpack(layer, layer.path)
    changes = _add_to_source(layer.path / _APPLICATION, root)
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
    return changes


def remove_older(root: Path, name: str) -> list[Path]:
    """Remove metadata that an installation on the author's machine left in the source.

    Python would find these first, even if they are outdated.
    """
    found = [path for path in sorted(root.glob("*.egg-info")) if _is_of(path, name)]
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return found


def _is_of(metadata: Path, name: str) -> bool:
    stem = metadata.name.removesuffix(".egg-info").partition("-")[0]
    return canonicalize_name(stem) == canonicalize_name(name)


def _files(root: Path, whole: Iterable[str]) -> Iterator[str]:
    """Yield the files of packages and modules, relative to `root`."""
    for name in whole:
        if (root / name).is_file():
            yield name
        for parent, folders, files in os.walk(root / name):
            folders[:] = sorted(folder for folder in folders if folder != "__pycache__")
            yield from (str(Path(parent, file).relative_to(root)) for file in sorted(files))


def _top_levels(record: Path) -> set[str]:
    with record.open(encoding="utf-8", newline="") as file:
        return {Path(path).parts[0] for path, *_ in csv.reader(file)}


def _add_to_source(folder: Path, root: Path) -> SourceChanges:
    """Move generated files into the packages of the source."""
    changes = SourceChanges()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        place = root / path.relative_to(folder)
        found = changes.changed if place.is_file() else changes.new
        if not place.is_file() or not _are_equal(path, place):
            try:
                _move(path, place)
            except PermissionError:
                found = changes.refused
            found.append(place)
    return changes


def _move(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)  # do not write to the target of a link
    shutil.move(path, place)


def compile_packages(own: OwnProject, python: Interpreter, run: Runner) -> None:
    """Compile the layer's own files. The application step compiles the rest."""
    if found := [path for path in python_files.sources(own.packages) if not path.is_symlink()]:
        bytecode.compile_packages(found, python, run)
