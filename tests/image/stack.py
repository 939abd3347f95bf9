"""Runs the scripts of stack/."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from image.prerequisites import ROOT


def build(
    *options: str | Path,
    root: Path = ROOT,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    within: Sequence[str | Path] = (),
) -> subprocess.CompletedProcess[str]:
    """Run stack/build.sh, from another folder than this process's if one is given.

    `within` is a command that runs another.
    """
    return subprocess.run(
        [*within, root / "stack" / "build.sh", *options],
        cwd=cwd,
        env=os.environ | dict(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
