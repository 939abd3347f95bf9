"""Compiles Python files, so that a start of the image does not have to.

Unchecked-hash bytecode (PEP 552): the lifecycle sets every file's time to 1980, which makes
bytecode with a time stamp outdated, and the image's user could not write new bytecode.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from function_buildpack.log.errors.source import MAX_LINE_LENGTH, SyntaxInvalid
from function_buildpack.system.file_changes import Snapshot
from function_buildpack.system.interpreter import Interpreter
from function_buildpack.system.process import Runner
from function_buildpack.uv import index_failures

# A script for the function's interpreter, which cannot import this package.
_COMPILING = Path(__file__).with_name("compiling.py")


@dataclass(frozen=True)
class Compiled:
    """The number of compiled files, those that failed, and the bytecode files."""

    count: int
    broken: list[SyntaxInvalid]
    unwritable: list[Path]
    written: Snapshot = field(default_factory=dict)


def compile_sources(paths: Sequence[Path], python: Interpreter, run: Runner) -> Compiled:
    """Compile files for an interpreter, each into its folder's `__pycache__`.

    :raises DiskFull: the disk is full.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(os.fsencode(path) + b"\0" for path in paths))
        file.flush()
        # -S: no packages of the build image. -B: no bytecode of imported modules.
        command: list[str | Path] = [python.path, "-I", "-S", "-B", _COMPILING, file.name]
        ended = run(command, environ={}, cwd=Path(file.name).parent)
    *_, last_but_one, said = ["", *ended.output.strip().splitlines()]
    if ended.status != 0 and (failure := index_failures.find(said)):
        raise failure(said)
    failures = {paths[int(key)]: found for key, found in json.loads(said).items()}
    broken = [
        SyntaxInvalid(
            path,
            found["line"],
            found["source"].strip()[:MAX_LINE_LENGTH],
            found["problem"],
            python.version,
        )
        for path, found in failures.items()
        if found["problem"] is not None
    ]
    unwritable = [path for path, found in failures.items() if found["problem"] is None]
    written = {path: tuple(found) for path, found in json.loads(last_but_one).items()}
    return Compiled(len(written), broken, unwritable, written)


def compile_packages(paths: Iterable[Path], python: Interpreter, run: Runner) -> int:
    """Compile files of packages with one process for each core; return the number of compiled ones.

    Files that do not compile are ignored: packages contain templates, and code for other Pythons.

    :raises DiskFull: the disk is full.
    """
    largest_first = sorted(paths, key=lambda path: (-path.stat().st_size, path))
    cores = len(os.sched_getaffinity(0))
    shares = [share for start in range(cores) if (share := largest_first[start::cores])]
    with ThreadPoolExecutor(cores) as processes:
        compiled = processes.map(lambda share: compile_sources(share, python, run), shares)
        return sum(each.count for each in compiled)
