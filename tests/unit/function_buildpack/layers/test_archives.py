"""The archives of layers, for the next build."""

from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

from function_buildpack.cnb.layers import Layer, Layers
from function_buildpack.layers.archives import Archives, Metadata
from function_buildpack.layers.uv_cache import UvDownloads
from function_buildpack.system import file_changes
from function_buildpack.system.interpreter import Interpreter

LARGE = 2**20


class Packed:
    """A layer with files, and its archive."""

    def __init__(self, root: Path) -> None:
        layers = Layers(root)
        self.layer = layers.fresh("dependencies", Metadata())
        self.archives = Archives.restored(layers)
        self.file("small").write_text("small")
        self.file("large").write_bytes(bytes(LARGE))
        self.file("link").symlink_to("small")
        self.file("broken").symlink_to("missing")

    def file(self, name: str) -> Path:
        """Return a file of the layer."""
        return self.layer.path / name

    def pack(self, *, linked: bool = True) -> list[str]:
        """Pack the layer, and return the names in the zip file."""
        folders: dict[Layer, Path] = {self.layer: self.layer.path}
        if linked:
            self.archives.link_large_files(folders)
        present = file_changes.snapshot([self.layer.path.parent])
        fetched = UvDownloads(self.layer.path.parent, Interpreter(Path("python3"), "3.13.5"))
        made = self.archives.pack(folders, present, fetched)
        path = self.archives.of(self.layer)
        assert {str(path): file_changes.identity(path.lstat())} == made
        with ZipFile(path) as archive:
            return [name for name in archive.namelist() if not name.startswith(".downloads/")]

    @property
    def large(self) -> Path:
        """The large file next to the archive."""
        return self.archives.of(self.layer).with_suffix("") / "dependencies" / "large"


def test_large_file(tmp_path: Path) -> None:
    """A large file is a hard link next to the zip file. Links to files are packed as files."""
    packed = Packed(tmp_path)

    assert ["dependencies/link", "dependencies/small"] == packed.pack()
    assert packed.file("large").samefile(packed.large)


def test_without_hard_links(tmp_path: Path) -> None:
    """A large file that is not linked is in the zip file."""
    packed = Packed(tmp_path)

    expected = ["dependencies/large", "dependencies/link", "dependencies/small"]
    assert expected == packed.pack(linked=False)
    assert not packed.large.exists()


def _all(packed: Packed) -> list[Layer]:
    return [packed.layer]


def _none(packed: Packed) -> list[Layer]:
    del packed
    return []


@pytest.mark.parametrize(("kept", "there"), [(_all, True), (_none, False)])
def test_remove_others(tmp_path: Path, kept: Callable[[Packed], list[Layer]], there: bool) -> None:
    """An archive is removed together with its large files."""
    packed = Packed(tmp_path)
    packed.pack()

    packed.archives.remove_others(kept(packed))

    assert there is packed.large.exists()
    assert there is packed.archives.has(packed.layer)
    assert packed.file("large").is_file()


def test_archived_already(tmp_path: Path) -> None:
    """An archive of an earlier build gets no more files."""
    packed = Packed(tmp_path)
    packed.pack()
    packed.file("new").write_bytes(bytes(LARGE))

    packed.archives.link_large_files({packed.layer: packed.layer.path})

    assert ["large"] == [path.name for path in packed.large.parent.iterdir()]
