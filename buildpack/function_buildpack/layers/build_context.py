"""The state that all steps of a build share."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from function_buildpack.cnb.context import BuildContext
from function_buildpack.cnb.layers import Layers
from function_buildpack.layers.archives import Archives
from function_buildpack.source.settings import Settings
from function_buildpack.system.process import Runner


@dataclass(frozen=True)
class Buildpack:
    """This buildpack: its folder and its version."""

    root: Path
    version: str

    @classmethod
    def installed(cls) -> "Buildpack":
        """Return the buildpack that contains this code."""
        root = Path(__file__).resolve().parents[2]
        descriptor = tomllib.loads((root / "buildpack.toml").read_text(encoding="utf-8"))
        return cls(root, descriptor["buildpack"]["version"])


@dataclass(frozen=True)
class Build:
    """One build: its folders, buildpack, settings and layers. `run` starts programs."""

    context: BuildContext
    buildpack: Buildpack
    settings: Settings
    layers: Layers
    archives: Archives
    run: Runner
