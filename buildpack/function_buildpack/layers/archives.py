"""The cache layer: the other layers' packages, an archive each, for the check of the next build.

The lifecycle restores, hashes and stores a cached layer file by file: a few thousand small files
take seconds of every rebuild, one file of their size a tenth of that. So what is launched is not
cached (the image has it), and what is cached is this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

from function_buildpack import names
from function_buildpack.cnb.layers import Layer, Layers, Types


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

    def pack(self, folders: Mapping[Layer, Path]) -> list[Path]:
        """Return the archives of layers, made of the given folders where they are not there yet.

        Others are dropped: no build will ask for them.
        """
        wanted = {self.of(layer): (layer, folder) for layer, folder in folders.items()}
        for path in set(self.layer.path.iterdir()) - wanted.keys():
            path.unlink()
        for path, (layer, folder) in wanted.items():
            if not path.exists():
                _pack(folder, path, layer.path.parent)
        return list(wanted)

    def keep(self) -> None:
        """Have the layer cached."""
        self.layer.keep(Types(cache=True))


def _pack(folder: Path, archive: Path, root: Path) -> None:
    """Write the files below a folder, with their paths from the root; links as what they lead to.

    Not compressed: that would take longer than what it saves.
    """
    part = archive.with_suffix(".part")  # what has the archive's name is whole, whatever ends us
    with ZipFile(part, "w", strict_timestamps=False) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(root))
    part.rename(archive)
