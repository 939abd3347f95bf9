"""Compiles Python files ahead, so that no start of the image has to.

Unchecked-hash bytecode (PEP 552): the lifecycle sets every file's time to 1980, which makes
time-stamped bytecode stale, and the image's user could not write it anew.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from function_buildpack.errors import SHOWN, SyntaxInvalid
from function_buildpack.interpreter import Interpreter
from function_buildpack.process import Runner

# uv's name for the same mode, read by its --compile-bytecode.
UV_ENVIRON = {"PYC_INVALIDATION_MODE": "UNCHECKED_HASH"}

# A script of ours for the function's interpreter, which does not know this package.
_COMPILING = Path(__file__).with_name("compiling.py")


@dataclass(frozen=True)
class Compiled:
    """How many files were compiled, and which could not be."""

    count: int
    broken: list[SyntaxInvalid]
    unwritable: list[Path]


def compile_sources(paths: Sequence[Path], python: Interpreter, run: Runner) -> Compiled:
    """Compile files for an interpreter, each into its folder's `__pycache__`."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(os.fsencode(path) + b"\0" for path in paths))
        file.flush()
        # -S: no packages of the build image's. -B: no bytecode but what is asked for.
        command: list[str | Path] = [python.path, "-I", "-S", "-B", _COMPILING, file.name]
        said = run(command, environ={}, cwd=Path(file.name).parent).output
    failures = {paths[int(key)]: found for key, found in json.loads(said.splitlines()[-1]).items()}
    broken = [
        SyntaxInvalid(
            path, found["line"], found["source"].strip()[:SHOWN], found["problem"], python.version
        )
        for path, found in failures.items()
        if found["problem"] is not None
    ]
    unwritable = [path for path, found in failures.items() if found["problem"] is None]
    return Compiled(len(paths) - len(failures), broken, unwritable)
