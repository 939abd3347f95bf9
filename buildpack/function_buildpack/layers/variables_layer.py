"""The layer of variables: what this build settled for the launch process, and nothing else.

Apart from the other layers, so that a changed setting changes neither of them.
"""

from dataclasses import dataclass

from function_buildpack import constants
from function_buildpack.cnb.layer_env import LayerEnv
from function_buildpack.cnb.layers import Layers, Types


@dataclass(frozen=True)
class Metadata:
    """Nothing: the layer is written anew by every build."""


def contribute(layers: Layers, env: LayerEnv) -> None:
    """Write the layer."""
    layers.fresh(constants.VARIABLES, Metadata()).keep(Types(launch=True), env)
