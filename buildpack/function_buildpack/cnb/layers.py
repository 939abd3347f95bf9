"""Layer folders, their `<layer>.toml` and the question whether a restored one can be kept.

A layer's metadata is a frozen dataclass of strings: all that decides its contents. Where a restored
layer's metadata is equal, the layer is kept; else it is emptied, with every differing field named.
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
    """A layer's folder. It counts only once it is kept: a failed step leaves no half-made layer."""

    path: Path
    metadata: "DataclassInstance"

    @property
    def key(self) -> str:
        """What tells layers of this name with other contents apart, for a file's name."""
        return hashlib.sha256(repr(asdict(self.metadata)).encode()).hexdigest()[:_KEY]

    @property
    def filled(self) -> bool:
        """Whether the contents are here; those of a restored launch layer are in the image."""
        return self.path.is_dir()

    def keep(self, types: Types, env: layer_env.LayerEnv = ()) -> None:
        """Write the launch environment and `<layer>.toml`, with which the layer is exported.

        Without contents here the lifecycle takes over the earlier image's layer, with its
        environment.
        """
        if self.filled:
            shutil.rmtree(self.path / "env.launch", ignore_errors=True)
            layer_env.write(env, self.path / "env.launch")
        table = {"types": asdict(types), "metadata": asdict(self.metadata)}
        _toml(self.path).write_text(tomli_w.dumps(table))

    def describe(self, sboms: Sboms) -> None:
        """Write what the layer holds. The lifecycle restores it with the layer."""
        sbom_files.write(self.path.parent, self.path.name, sboms)


@dataclass(frozen=True)
class Created:
    """No layer of this name was restored."""


@dataclass(frozen=True)
class Unreadable:
    """A layer was restored, with metadata that is not ours: another version's, or damaged."""


@dataclass(frozen=True)
class Changed:
    """What decides the layer's contents has changed since: field → (before, now)."""

    fields: dict[str, tuple[str, str]]


Cause = Created | Unreadable | Changed


@dataclass(frozen=True)
class Restored:
    """The earlier build's layer holds what is wanted; its contents may be in the image alone."""

    layer: Layer


@dataclass(frozen=True)
class Empty:
    """The layer's folder is empty and to be filled."""

    layer: Layer
    cause: Cause


@dataclass(frozen=True)
class Layers:
    """The layers folder of this buildpack."""

    root: Path

    def restored(
        self, name: str, metadata: "DataclassInstance", has_contents: Callable[[Layer], bool]
    ) -> Restored | Empty:
        """Return the restored layer if its metadata is equal, else an emptied one and why.

        `has_contents` says whether its contents can be had, without which it is of no use.
        """
        assert is_dataclass(metadata)
        layer = Layer(self.root / name, metadata)
        cause = _cause(layer)
        if cause is None and (layer.filled or has_contents(layer)):
            return Restored(layer)
        return Empty(self.fresh(name, metadata), cause or Created())

    def earlier(self, name: str) -> dict[str, str]:
        """Return the metadata of a restored layer; empty if there is none that can be read."""
        return _metadata(self.root / name) or {}

    def described(self, name: str) -> Sboms:
        """Return what an earlier build has said of its layer: it is restored with the layer."""
        return sbom_files.read(self.root, name)

    def there(self, name: str, metadata: "DataclassInstance") -> Layer:
        """Return a layer with what an earlier build has left in it, if anything."""
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

    def forget_others(self, known: Collection[str]) -> None:
        """Remove the descriptions of all layers but these: those were made by nobody here."""
        for path in self.root.glob("*.toml"):
            if path.stem not in known:
                path.unlink()

    def library_folders(self, env: layer_env.LayerEnv) -> list[Path]:
        """Return where the image's loader is sent, beside its own folders, by this environment.

        The launcher adds `lib` of every layer (buildpack specification, "Layer Paths"); those of
        the buildpacks before this one are there.
        """
        stated = layer_env.apply(env, {}).get("LD_LIBRARY_PATH", "").split(":")
        return [*sorted(self.root.parent.glob("*/*/lib")), *(Path(path) for path in stated if path)]


def _toml(layer: Path) -> Path:
    return layer.with_name(f"{layer.name}.toml")


def _cause(layer: Layer) -> Cause | None:
    """Say why the restored layer cannot be kept; None if it can."""
    if not _toml(layer.path).is_file():
        return Created()
    before, now = _metadata(layer.path), asdict(layer.metadata)
    if before is None or before.keys() != now.keys():
        return Unreadable()
    fields = {key: (before[key], now[key]) for key in now if before[key] != now[key]}
    return Changed(fields) if fields else None


def _metadata(layer: Path) -> dict[str, str] | None:
    """Read the metadata of a restored layer; None if it is not there, or not ours."""
    try:
        table = tomllib.loads(_toml(layer).read_text(encoding="utf-8")).get("metadata", {})
    except (FileNotFoundError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return None
    return {name: str(value) for name, value in table.items()} if isinstance(table, dict) else None
