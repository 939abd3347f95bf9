"""Build tools that the build image lacks."""

import sys
from pathlib import Path

from function_buildpack.phases import missing_tools


def test_lacking(tmp_path: Path) -> None:
    """The libraries are installed here. PATH decides about uv."""
    assert ("uv",) == missing_tools.lacking({"PATH": str(tmp_path)})
    assert () == missing_tools.lacking({"PATH": str(Path(sys.executable).parent)})
