"""Layer folders, their `<layer>.toml`, and the decision whether to reuse a restored layer.

A layer's metadata is a frozen dataclass of strings, with everything that decides its contents. If
the metadata of a restored layer is equal, the layer is reused. Otherwise it is emptied, and the
result names all fields that differ.
"""

import hashlib
import shutil
import tomllib
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tomli_w

from function_buildpack.cnb import layer_env, sbom_files
from function_buildpack.cnb.sbom_files import Sboms

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


_KEY = 16


@dataclass(frozen=True)
class Types:
    """What a layer is for (buildpack specification, "Layer Types")."""

    launch: bool = False
    build: bool = False
    cache: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer's folder. `keep` must be called at the end: a failed step exports no layer."""

    path: Path
    metadata: "DataclassInstance"

    @property
    def key(self) -> str:
        """A digest of the metadata, for the names of files."""
        return hashlib.sha256(repr(asdict(self.metadata)).encode()).hexdigest()[:_KEY]

    @property
    def filled(self) -> bool:
        """Whether the folder has the contents. Those of a restored layer may be in the image."""
        return self.path.is_dir()

    def keep(self, types: Types, env: layer_env.LayerEnv = ()) -> None:
        """Write the launch environment and `<layer>.toml`, so that the lifecycle exports the layer.

        If the folder does not exist, the lifecycle reuses the earlier image's layer, with its
        environment.
        """
        if self.filled:
            shutil.rmtree(self.path / "env.launch", ignore_errors=True)
            layer_env.write(env, self.path / "env.launch")
        table = {"types": asdict(types), "metadata": asdict(self.metadata)}
        _toml(self.path).write_text(tomli_w.dumps(table))

    def describe(self, sboms: Sboms) -> None:
        """Write the layer's SBOM. The lifecycle restores it with the layer."""
        sbom_files.write(self.path.parent, self.path.name, sboms)


@dataclass(frozen=True)
class Created:
    """No layer of this name was restored."""


@dataclass(frozen=True)
class Unreadable:
    """The metadata of the restored layer are damaged, or of another version of the buildpack."""


@dataclass(frozen=True)
class Changed:
    """The metadata differ: field → (before, now)."""

    fields: dict[str, tuple[str, str]]


Cause = Created | Unreadable | Changed


@dataclass(frozen=True)
class Restored:
    """The layer of the earlier build can be reused. Its contents may be only in the image."""

    layer: Layer


@dataclass(frozen=True)
class Empty:
    """The layer's folder is empty and must be filled."""

    layer: Layer
    cause: Cause


@dataclass(frozen=True)
class Layers:
    """The layers folder of this buildpack."""

    root: Path

    def restored(
        self, name: str, metadata: "DataclassInstance", has_contents: Callable[[Layer], bool]
    ) -> Restored | Empty:
        """Return the restored layer if its metadata are equal, else an emptied one and the cause.

        `has_contents` returns whether its contents are available, without which it is not reused.
        """
        assert is_dataclass(metadata)
        layer = Layer(self.root / name, metadata)
        cause = _cause(layer)
        if cause is None and (layer.filled or has_contents(layer)):
            return Restored(layer)
        return Empty(self.fresh(name, metadata), cause or Created())

    def restored_metadata(self, name: str) -> dict[str, str]:
        """Return the metadata of a restored layer. Empty if there are none, or unreadable ones."""
        return _metadata(self.root / name) or {}

    def restored_sboms(self, name: str) -> Sboms:
        """Return the restored SBOMs of a layer."""
        return sbom_files.read(self.root, name)

    def existing(self, name: str, metadata: "DataclassInstance") -> Layer:
        """Return a layer with its restored contents, if any."""
        layer = Layer(self.root / name, metadata)
        layer.path.mkdir(parents=True, exist_ok=True)
        return layer

    def fresh(self, name: str, metadata: "DataclassInstance") -> Layer:
        """Return an emptied layer."""
        layer = Layer(self.root / name, metadata)
        shutil.rmtree(layer.path, ignore_errors=True)
        _toml(layer.path).unlink(missing_ok=True)
        sbom_files.remove(self.root, name)
        layer.path.mkdir(parents=True)
        return layer

    def remove_descriptions_except(self, known: Collection[str]) -> None:
        """Remove `<layer>.toml` of other layers, in case code of users has created one."""
        for path in self.root.glob("*.toml"):
            if path.stem not in known:
                path.unlink()

    def library_folders(self, env: layer_env.LayerEnv) -> list[Path]:
        """Return the additional folders with shared libraries in the image.

        The launcher adds `lib` of every layer of all buildpacks (buildpack specification, "Layer
        Paths"). The environment may have others.
        """
        given = layer_env.apply(env, {}).get("LD_LIBRARY_PATH", "").split(":")
        return [*sorted(self.root.parent.glob("*/*/lib")), *(Path(path) for path in given if path)]


def _toml(layer: Path) -> Path:
    return layer.with_name(f"{layer.name}.toml")


def _cause(layer: Layer) -> Cause | None:
    """Return why the restored layer cannot be reused. None if it can."""
    if not _toml(layer.path).is_file():
        return Created()
    before, now = _metadata(layer.path), asdict(layer.metadata)
    if before is None or before.keys() != now.keys():
        return Unreadable()
    fields = {key: (before[key], now[key]) for key in now if before[key] != now[key]}
    return Changed(fields) if fields else None


def _metadata(layer: Path) -> dict[str, str] | None:
    """Read the metadata of a restored layer. None if they are missing or damaged."""
    try:
        table = tomllib.loads(_toml(layer).read_text(encoding="utf-8")).get("metadata", {})
    except (FileNotFoundError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    return {name: str(value) for name, value in table.items()} if isinstance(table, dict) else None
