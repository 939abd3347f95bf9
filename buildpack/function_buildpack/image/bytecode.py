"""Compiles Python files ahead, so that no start of the image has to.

Unchecked-hash bytecode (PEP 552): the lifecycle sets every file's time to 1980, which makes
time-stamped bytecode stale, and the image's user could not write it anew.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack.log.errors.source import SHOWN, SyntaxInvalid
from function_buildpack.system.file_changes import Snapshot
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Runner
from function_buildpack.uv import index_failures

# A script of ours for the function's interpreter, which does not know this package.
_COMPILING = Path(__file__).with_name("compiling.py")


@dataclass(frozen=True)
class Compiled:
    """How many files were compiled, which could not be, and the files with their bytecode."""

    count: int
    broken: list[SyntaxInvalid]
    unwritable: list[Path]
    written: Snapshot = field(default_factory=dict)


def compile_sources(paths: Sequence[Path], python: Interpreter, run: Runner) -> Compiled:
    """Compile files for an interpreter, each into its folder's `__pycache__`.

    :raises DiskFull: there is no space for them.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(os.fsencode(path) + b"\0" for path in paths))
        file.flush()
        # -S: no packages of the build image's. -B: no bytecode but what is asked for.
        command: list[str | Path] = [python.path, "-I", "-S", "-B", _COMPILING, file.name]
        ended = run(command, environ={}, cwd=Path(file.name).parent)
    *_, last_but_one, said = ["", *ended.output.strip().splitlines()]
    if ended.status != 0 and (failure := index_failures.find(said)):
        raise failure(said)
    failures = {paths[int(key)]: found for key, found in json.loads(said).items()}
    broken = [
        SyntaxInvalid(
            path, found["line"], found["source"].strip()[:SHOWN], found["problem"], python.version
        )
        for path, found in failures.items()
        if found["problem"] is not None
    ]
    unwritable = [path for path, found in failures.items() if found["problem"] is None]
    written = {path: tuple(found) for path, found in json.loads(last_but_one).items()}
    return Compiled(len(written), broken, unwritable, written)


def compile_packages(paths: Iterable[Path], python: Interpreter, run: Runner) -> int:
    """Compile files of packages side by side, one process a core, and return how many could be.

    Others stay as they are: packages have templates, and code for other Pythons.

    :raises DiskFull: there is no space for them.
    """
    largest_first = sorted(paths, key=lambda path: (-path.stat().st_size, path))
    cores = len(os.sched_getaffinity(0))
    shares = [share for start in range(cores) if (share := largest_first[start::cores])]
    with ThreadPoolExecutor(cores) as processes:
        compiled = processes.map(lambda share: compile_sources(share, python, run), shares)
        return sum(each.count for each in compiled)
