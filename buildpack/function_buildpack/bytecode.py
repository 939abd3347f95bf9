"""Compiles Python files ahead, so that no start of the image has to.

Unchecked-hash bytecode (PEP 552): the lifecycle sets every file's time to 1980, which makes
time-stamped bytecode stale, and the image's user could not write it anew.
"""

import py_compile
import warnings
from pathlib import Path

from function_buildpack.errors import SyntaxInvalid

# uv's name for the same mode, read by its --compile-bytecode.
UV_ENVIRON = {"PYC_INVALIDATION_MODE": "UNCHECKED_HASH"}


def compile_source(path: Path) -> None:
    """Compile one file into its folder's `__pycache__`.

    :raises SyntaxInvalid: the file does not compile.
    :raises PermissionError: the folder cannot be written to.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # linters tell authors; a build log is no place for it
            py_compile.compile(
                str(path),
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
    except py_compile.PyCompileError as error:
        raise SyntaxInvalid.found(path, error.exc_value) from error
