"""The cache layer: the other layers' packages, an archive each, for the next build.

The lifecycle restores, hashes and stores a cached layer file by file: a few thousand small files
take seconds of every rebuild, one file of their size a tenth of that. So what is launched is not
cached (the image has it), and what is cached is this. The next build checks the function with it,
and if other packages are asked for, what it has is not fetched again (downloads.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from function_buildpack import downloads, names
from function_buildpack.cnb.layers import Layer, Layers, Types
from function_buildpack.downloads import GivenBack
from function_buildpack.interpreter import Interpreter


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
        return cls(layers.there(names.ARCHIVES, Metadata()))

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
            return downloads.restore(path, cache, root, python)
        return GivenBack()

    def pack(
        self,
        folders: Mapping[Layer, Path],
        cache: Path,
        python: Interpreter,
        stored: Iterable[Layer] = (),
    ) -> None:
        """Make the archives of layers, of the given folders, where they are not there yet.

        With them goes what uv has fetched for them into its cache folder. Others than these and
        those of `stored` layers are dropped: no build will ask for them.
        """
        wanted = {self.of(layer): (layer, folder) for layer, folder in folders.items()}
        for path in set(self.layer.path.iterdir()) - wanted.keys() - {*map(self.of, stored)}:
            path.unlink()
        for path, (layer, folder) in wanted.items():
            if not path.exists():
                _pack(folder, path, layer.path.parent, cache, python)

    def keep(self) -> None:
        """Have the layer cached."""
        self.layer.keep(Types(cache=True))


def _pack(folder: Path, archive: Path, root: Path, cache: Path, python: Interpreter) -> None:
    """Write the files below a folder, with their paths from the root; links as what they lead to.

    Not compressed: that would take longer than what it saves.
    """
    with _written(archive) as packed:
        files = {path: str(path.relative_to(root)) for path in folder.rglob("*") if path.is_file()}
        for path, name in sorted(files.items()):
            packed.write(path, name)
        downloads.keep(cache, packed, files, root, python)


@contextmanager
def _written(archive: Path) -> Iterator[ZipFile]:
    """Yield an archive to write; what has its name is whole, whatever ends us."""
    part = archive.with_suffix(".part")
    with ZipFile(part, "w", strict_timestamps=False) as packed:
        yield packed
    part.rename(archive)
