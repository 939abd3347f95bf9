"""Compiles files for the interpreter that runs this: a script, which knows no other module of ours.

`compiling.py LIST`: a file with paths, NUL after each. The last line that it writes is JSON: those
that could not be compiled, by their number.
"""

import json
import os
import py_compile
import sys
import warnings


def main(paths: list[bytes]) -> None:
    """Compile the files, and say which could not be."""
    warnings.simplefilter("ignore")  # linters tell authors; a build log is no place for it
    failures = {number: found for number, path in enumerate(paths) if (found := _compile(path))}
    sys.stdout.write(f"\n{json.dumps(failures)}\n")


def _compile(path: bytes) -> dict[str, object]:
    """Compile one file into its folder's `__pycache__`; return what went wrong, if anything."""
    try:
        py_compile.compile(
            os.fsdecode(path),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except py_compile.PyCompileError as error:
        found = error.exc_value
        line, text = getattr(found, "lineno", None) or 0, getattr(found, "text", None) or ""
        problem = getattr(found, "msg", str(found)) or "it is nested too deeply"  # MemoryError
        return {"line": line, "source": text, "problem": problem}
    except PermissionError:
        return {"problem": None}
    return {}


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123 -- pathlib takes as long as all the rest
        main(file.read().split(b"\0")[:-1])
