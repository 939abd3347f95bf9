"""What the build image lacks."""

import sys
from pathlib import Path

from function_buildpack import build_image


def test_lacking(tmp_path: Path) -> None:
    """Here there are the libraries; whether there is uv is for PATH to say."""
    assert ("uv",) == build_image.lacking({"PATH": str(tmp_path)})
    assert () == build_image.lacking({"PATH": str(Path(sys.executable).parent)})
