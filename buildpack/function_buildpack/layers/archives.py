"""The cache layer: one archive of the packages of each other layer, for the next build.

The lifecycle restores, hashes and stores a cached layer file by file. A few thousand small files
take seconds of every rebuild, one file of the same size a tenth of that. So launch layers are not
cached, because the image has them, and this layer has archives instead. The next build checks the
function with them, and reuses their packages if the dependencies have changed (uv_cache.py).

Large files are few, so they are not in the zip file, but next to it, as hard links to those of the
layer. That saves a copy of them in the build that archives them, and one in each later check.
"""

import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from function_buildpack import constants
from function_buildpack.cnb.layers import Layer, Layers, Types
from function_buildpack.layers import uv_cache
from function_buildpack.layers.uv_cache import RestoredDownloads, UvDownloads
from function_buildpack.system import file_changes, tree
from function_buildpack.system.file_changes import Identity, Snapshot
from function_buildpack.system.interpreter import Interpreter

# From here on, a copy of the contents takes longer than the lifecycle takes for one more file.
_LARGE = 2**20


@dataclass(frozen=True)
class Metadata:
    """Empty: the name of each archive has the key of its layer."""


@dataclass(frozen=True)
class Archives:
    """The layer with the archives."""

    layer: Layer

    @classmethod
    def restored(cls, layers: Layers) -> "Archives":
        """Return the layer of an earlier build, or an empty one."""
        return cls(layers.existing(constants.ARCHIVES, Metadata()))

    def of(self, layer: Layer) -> Path:
        """Return the path of a layer's archive, which may not exist."""
        return self.layer.path / f"{layer.path.name}-{layer.key}.zip"

    def has(self, layer: Layer) -> bool:
        """Return whether there is an archive of a layer."""
        return self.of(layer).is_file()

    def store(self, layer: Layer, folder: Path) -> None:
        """Create the archive of a layer from the files of a folder."""
        with _written(self.of(layer)) as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                archive.write(path, str(path.relative_to(folder)))

    def unpack(self, layer: Layer, folder: Path) -> None:
        """Write the files of a layer's archive into a folder, with their modes."""
        with ZipFile(self.of(layer)) as archive:
            for member in archive.infolist():
                Path(archive.extract(member, folder)).chmod(member.external_attr >> 16)

    def restore_downloads(
        self, layer: Layer, cache: Path, python: Interpreter
    ) -> RestoredDownloads:
        """Restore downloads and bytecode of an earlier layer of that name into uv's cache."""
        root = layer.path.parent
        for path in self.layer.path.glob(f"{layer.path.name}-*.zip"):  # at most one
            return uv_cache.restore(path, large_files(path), cache, root, python)
        return RestoredDownloads()

    def remove_others(self, layers: Collection[Layer]) -> None:
        """Remove the archives of all layers except these."""
        kept = {path for layer in layers for path in (self.of(layer), large_files(self.of(layer)))}
        for path in set(self.layer.path.iterdir()) - kept:
            tree.remove(path)

    def link_large_files(self, folders: Mapping[Layer, Path]) -> None:
        """Add the large files of layers without an archive, before `pack` adds all others."""
        for layer, folder in folders.items():
            if not self.has(layer):
                place = large_files(self.of(layer))
                for path, found in file_changes.snapshot([folder]).items():
                    if stat.S_ISREG(found[0]) and found[2] >= _LARGE:
                        _link(Path(path), place / Path(path).relative_to(layer.path.parent))

    def pack(
        self,
        folders: Mapping[Layer, Path],
        present: Snapshot,
        fetched: UvDownloads,
    ) -> Snapshot:
        """Create the missing archives of layers from the given folders, and return them.

        An archive has only files that are in `present`, and uv's downloads of their packages.
        `link_large_files` comes first.
        """
        made = Snapshot()
        for layer, folder in folders.items():
            if not (path := self.of(layer)).exists():
                start = f"{folder}/"
                listed = {name: found for name, found in present.items() if name.startswith(start)}
                made[str(path)] = _pack(listed, path, layer.path.parent, fetched)
        return made

    def keep(self) -> None:
        """Write `<layer>.toml`, so that the lifecycle caches the layer."""
        self.layer.keep(Types(cache=True))


def large_files(archive: Path) -> Path:
    """Return the folder with the large files of an archive, which may not exist."""
    return archive.with_suffix("")


def _link(path: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # a file system without hard links: then the zip file gets the file
        place.hardlink_to(path)


def _pack(listed: Snapshot, archive: Path, root: Path, fetched: UvDownloads) -> Identity:
    """Write files with their paths relative to the root, and the targets of links.

    Without compression, which would take more time than it saves. Paths are text here: there may be
    ten thousand files, and `Path.relative_to` takes as long as writing one.
    """
    start, names = f"{root}/", dict[Identity, str]()
    linked = {*file_changes.snapshot([large_files(archive)]).values()}
    with _written(archive) as packed:
        for path, found in sorted(listed.items()):
            if stat.S_ISREG(found[0]) or (stat.S_ISLNK(found[0]) and Path(path).is_file()):
                names[found] = path.removeprefix(start)
                if found not in linked:
                    packed.write(path, names[found])
        uv_cache.keep(fetched, packed, names, root)
    return file_changes.identity(archive.lstat())


@contextmanager
def _written(archive: Path) -> Iterator[ZipFile]:
    """Yield an archive to write. It gets its name when it is complete, so none is half-written."""
    part = archive.with_suffix(".part")
    with ZipFile(part, "w", strict_timestamps=False) as packed:
        yield packed
    part.rename(archive)
