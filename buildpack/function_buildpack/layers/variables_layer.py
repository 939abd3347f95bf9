"""The variables layer: the launch process's environment variables of this build.

It is a separate layer, so that a changed setting does not change another layer.
"""

from dataclasses import dataclass

from function_buildpack import constants
from function_buildpack.cnb.layer_env import LayerEnv
from function_buildpack.cnb.layers import Layers, Types


@dataclass(frozen=True)
class Metadata:
    """Empty: every build writes the layer."""


def contribute(layers: Layers, env: LayerEnv) -> None:
    """Write the layer."""
    layers.fresh(constants.VARIABLES, Metadata()).keep(Types(launch=True), env)
