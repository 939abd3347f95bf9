"""Layers: a restored one is only kept if its metadata are equal."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from function_buildpack.cnb.layer_env import Behaviour, Change
from function_buildpack.cnb.layers import (
    Changed,
    Created,
    Empty,
    Layer,
    Layers,
    Restored,
    Types,
    Unreadable,
)


@dataclass(frozen=True)
class Metadata:
    """Two facts."""

    lock: str
    python: str


NOW = Metadata("abc", "3.13.5")


def nowhere(layer: Layer) -> bool:
    """Return that the contents of no layer are elsewhere."""
    del layer
    return False


def filled(root: Path, metadata: Metadata = NOW) -> Layers:
    """Return layers with one of an earlier build."""
    layers = Layers(root)
    layer = layers.fresh("packages", metadata)
    (layer.path / "file").write_text("content")
    layer.keep(Types(launch=True, cache=True))
    return layers


def test_restored_new(tmp_path: Path) -> None:
    """The first build gets an empty folder, and no layer.toml before it keeps the layer."""
    found = Layers(tmp_path).restored("packages", NOW, nowhere)

    assert isinstance(found, Empty)
    assert Created() == found.cause
    assert [] == list(found.layer.path.iterdir())
    assert not (tmp_path / "packages.toml").exists()


def test_restored_equal(tmp_path: Path) -> None:
    """Equal metadata keeps the contents."""
    found = filled(tmp_path).restored("packages", NOW, nowhere)

    assert isinstance(found, Restored)
    assert "content" == (found.layer.path / "file").read_text()


def test_restored_changed(tmp_path: Path) -> None:
    """Different metadata empty the layer, and the cause names the differences."""
    found = filled(tmp_path, Metadata("abc", "3.12.1")).restored("packages", NOW, nowhere)

    assert isinstance(found, Empty)
    assert Changed({"python": ("3.12.1", "3.13.5")}) == found.cause
    assert [] == list(found.layer.path.iterdir())


@pytest.mark.parametrize(
    "content", ["not toml", "[metadata]\nlock = 'abc'", "metadata = 1", "\xff"]
)
def test_restored_unreadable(tmp_path: Path, content: str) -> None:
    """Damaged metadata, or another version's, empties the layer instead of failing the build."""
    layers = filled(tmp_path)
    (tmp_path / "packages.toml").write_bytes(content.encode("latin-1"))

    found = layers.restored("packages", NOW, nowhere)

    assert isinstance(found, Empty)
    assert Unreadable() == found.cause


def test_restored_without_contents(tmp_path: Path) -> None:
    """A launch layer without contents is reused if they are available elsewhere."""
    (tmp_path / "packages.toml").write_text("[metadata]\nlock = 'abc'\npython = '3.13.5'\n")

    asked: list[Layer] = []

    def elsewhere(layer: Layer) -> bool:
        asked.append(layer)
        return True

    found = Layers(tmp_path).restored("packages", NOW, elsewhere)

    assert isinstance(found, Restored)
    assert not found.layer.filled
    assert [found.layer] == asked


def test_restored_without_any_contents(tmp_path: Path) -> None:
    """A layer is not reused if its contents are not available."""
    (tmp_path / "packages.toml").write_text("[metadata]\nlock = 'abc'\npython = '3.13.5'\n")

    found = Layers(tmp_path).restored("packages", NOW, nowhere)

    assert isinstance(found, Empty)
    assert Created() == found.cause


def test_keep(tmp_path: Path) -> None:
    """A kept layer has its types under `types`, its metadata, and only this build's environment."""
    layer = Layers(tmp_path).fresh("packages", NOW)
    (layer.path / "env.launch").mkdir()
    (layer.path / "env.launch" / "OLD.default").write_text("x")

    layer.keep(Types(launch=True), (Change("A", Behaviour.DEFAULT, "1"),))

    assert {
        "types": {"launch": True, "build": False, "cache": False},
        "metadata": {"lock": "abc", "python": "3.13.5"},
    } == tomllib.loads((tmp_path / "packages.toml").read_text())
    assert ["A.default"] == [path.name for path in (layer.path / "env.launch").iterdir()]


def test_keep_without_contents(tmp_path: Path) -> None:
    """No folder is created for a layer that is only in the image, which would replace it."""
    layer = Layer(tmp_path / "packages", NOW)

    layer.keep(Types(launch=True), (Change("A", Behaviour.DEFAULT, "1"),))

    assert ["packages.toml"] == [path.name for path in tmp_path.iterdir()]


def test_key(tmp_path: Path) -> None:
    """Layers with other contents have other keys, in every process."""
    keys = {Layer(tmp_path, Metadata(lock, "3.13.5")).key for lock in ("abc", "abd", "abc")}

    assert 2 == len(keys)
    assert "21c276b60642f5d1" in keys


def test_describe(tmp_path: Path) -> None:
    """An SBOM is kept with a restored layer, and removed with an emptied one."""
    layers = filled(tmp_path)
    layers.fresh("other", NOW).describe({"cdx": b"other"})
    found = layers.restored("packages", NOW, nowhere)
    found.layer.describe({"cdx": b"now"})

    layers.restored("packages", NOW, nowhere)
    assert b"now" == (tmp_path / "packages.sbom.cdx.json").read_bytes()

    layers.restored("packages", Metadata("def", "3.13.5"), nowhere)
    assert ["other.sbom.cdx.json"] == [path.name for path in tmp_path.glob("*.sbom.*")]


def test_library_folders(tmp_path: Path) -> None:
    """The image's loader searches lib/ of earlier layers, and the folders in its variable."""
    (tmp_path / "apt" / "packages" / "lib").mkdir(parents=True)
    env = (Change("LD_LIBRARY_PATH", Behaviour.APPEND, "/workspace/native:", delimiter=":"),)

    folders = Layers(tmp_path / "own").library_folders(env)

    assert [tmp_path / "apt/packages/lib", Path("/workspace/native")] == folders
    assert folders[:1] == Layers(tmp_path / "own").library_folders(())
