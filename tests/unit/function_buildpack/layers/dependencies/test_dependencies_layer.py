"""Failures of the dependencies layer that no real build can cause."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from function_buildpack.cnb.layers import Layers
from function_buildpack.layers.dependencies import dependencies_layer
from function_buildpack.layers.dependencies.layer_key import LayerKey
from function_buildpack.log.errors.tools import DiskFull
from function_buildpack.system import interpreter
from function_buildpack.system.process import Result
from function_buildpack.uv.client import Uv

if TYPE_CHECKING:
    from function_buildpack.plan.plan import Plan


def test_disk_full_for_the_environment(tmp_path: Path) -> None:
    """A full disk is recognized in the output of the child process."""

    def run(*_: Any, **__: Any) -> Result:
        return Result(1, "Error: [Errno 28] No space left on device\n")

    layer = Layers(tmp_path).fresh("dependencies", LayerKey("", "", "", "", "", ""))

    with pytest.raises(DiskFull):
        dependencies_layer.install(
            layer, cast("Plan", None), interpreter.current(), Uv(run, {}), tmp_path
        )
