"""The cache layer: the other layers' packages, an archive each, for the next build.

The lifecycle restores, hashes and stores a cached layer file by file: a few thousand small files
take seconds of every rebuild, one file of their size a tenth of that. So what is launched is not
cached (the image has it), and what is cached is this. The next build checks the function with it,
and if other packages are asked for, what it has is not fetched again (downloads.py).
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from function_buildpack import constants
from function_buildpack.cnb.layers import Layer, Layers, Types
from function_buildpack.layers import uv_cache
from function_buildpack.layers.uv_cache import Fetched, GivenBack
from function_buildpack.system import file_changes
from function_buildpack.system.file_changes import Identity, Snapshot
from function_buildpack.system.interpreter import Interpreter


@dataclass(frozen=True)
class Metadata:
    """Nothing: each archive's name tells what it holds."""


@dataclass(frozen=True)
class Archives:
    """The layer."""

    layer: Layer

    @classmethod
    def restored(cls, layers: Layers) -> "Archives":
        """Return the layer as an earlier build has left it, perhaps empty."""
        return cls(layers.there(constants.ARCHIVES, Metadata()))

    def of(self, layer: Layer) -> Path:
        """Return the archive of a layer, there or not."""
        return self.layer.path / f"{layer.path.name}-{layer.key}.zip"

    def hold(self, layer: Layer) -> bool:
        """Say whether a layer's packages are here."""
        return self.of(layer).is_file()

    def store(self, layer: Layer, folder: Path) -> None:
        """Make the archive of a layer from the files of a folder."""
        with _written(self.of(layer)) as archive:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                archive.write(path, str(path.relative_to(folder)))

    def unpack(self, layer: Layer, folder: Path) -> None:
        """Write the files of a layer's archive into a folder, with their modes."""
        with ZipFile(self.of(layer)) as archive:
            for member in archive.infolist():
                Path(archive.extract(member, folder)).chmod(member.external_attr >> 16)

    def give_back(self, layer: Layer, cache: Path, python: Interpreter) -> GivenBack:
        """Put what was fetched and compiled for an earlier layer of that name into uv's cache."""
        root = layer.path.parent
        for path in self.layer.path.glob(f"{layer.path.name}-*.zip"):  # there is one at most
            return uv_cache.restore(path, cache, root, python)
        return GivenBack()

    def drop_others(self, layers: Collection[Layer]) -> None:
        """Remove the archives of other layers than these: no build will ask for them."""
        for path in set(self.layer.path.iterdir()) - {self.of(layer) for layer in layers}:
            path.unlink()

    def pack(
        self,
        folders: Mapping[Layer, Path],
        present: Snapshot,
        fetched: Fetched,
    ) -> Snapshot:
        """Make the archives of layers, of the given folders, where they are not there yet.

        Only files that are `present` count. With them goes what uv has fetched for them. Return the
        archives that this has made.
        """
        made = Snapshot()
        for layer, folder in folders.items():
            if not (path := self.of(layer)).exists():
                start = f"{folder}/"
                listed = [Path(name) for name in present if name.startswith(start)]
                made[str(path)] = _pack(listed, path, layer.path.parent, fetched)
        return made

    def keep(self) -> None:
        """Have the layer cached."""
        self.layer.keep(Types(cache=True))


def _pack(listed: Collection[Path], archive: Path, root: Path, fetched: Fetched) -> Identity:
    """Write files, with their paths from the root; links as what they lead to.

    Not compressed: that would take longer than what it saves.
    """
    with _written(archive) as packed:
        files = {path: str(path.relative_to(root)) for path in listed if path.is_file()}
        for path, name in sorted(files.items()):
            packed.write(path, name)
        uv_cache.keep(fetched, packed, files, root)
    return file_changes.identity(archive.lstat())


@contextmanager
def _written(archive: Path) -> Iterator[ZipFile]:
    """Yield an archive to write; what has its name is whole, whatever ends us."""
    part = archive.with_suffix(".part")
    with ZipFile(part, "w", strict_timestamps=False) as packed:
        yield packed
    part.rename(archive)
