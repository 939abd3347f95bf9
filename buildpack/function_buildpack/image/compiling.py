"""Compiles files with the interpreter that runs this script. It imports no other module of ours.

`compiling.py LIST`: LIST is a file with paths, each followed by NUL. The last two lines of output
are JSON: the bytecode files with their identity (as file_changes.identity), and the sources that
could not be compiled, by their index in the list.
"""

import json
import os
import py_compile
import sys
import warnings


def main(paths: list[bytes]) -> None:
    """Compile the files, and write the bytecode files and the failures to standard output."""
    warnings.simplefilter("ignore")  # they are for authors, not for a build log
    written: dict[str, list[int]] = {}
    failures: dict[int, object] = {}
    for number, path in enumerate(paths):
        try:
            written |= _compile(path)
        except py_compile.PyCompileError as error:
            failures[number] = _problem(error.exc_value)
        except PermissionError:
            failures[number] = {"problem": None}
    sys.stdout.write(f"\n{json.dumps(written)}\n{json.dumps(failures)}\n")


def _compile(path: bytes) -> dict[str, list[int]]:
    """Compile one file into its folder's `__pycache__`, and return the bytecode file.

    :raises PyCompileError: the file does not compile.
    :raises PermissionError: the bytecode cannot be written.
    """
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    made = py_compile.compile(os.fsdecode(path), doraise=True, invalidation_mode=mode)
    found = os.lstat(str(made))
    return {str(made): [found.st_mode, found.st_ino, found.st_size, found.st_ctime_ns]}


def _problem(found: BaseException) -> dict[str, object]:
    line, text = getattr(found, "lineno", None) or 0, getattr(found, "text", None) or ""
    problem = getattr(found, "msg", str(found)) or "it is nested too deeply"  # MemoryError
    return {"line": line, "source": text, "problem": problem}


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123 -- importing pathlib takes too long
        main(file.read().split(b"\0")[:-1])
