"""Finds Python source files, and reads their imports."""

import ast
import os
import platform
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from function_buildpack.log.errors.source import SyntaxInvalid


def sources(package: Path) -> Iterator[Path]:
    """Yield the Python files of a package or module, sorted.

    Links to folders are not followed. Broken links and special files are skipped.
    """
    if package.is_file():
        yield package
        return
    for parent, folders, files in os.walk(package):
        folders.sort()
        paths = (Path(parent, name) for name in sorted(files) if name.endswith(".py"))
        yield from (path for path in paths if path.is_file())


def imports(paths: Iterable[Path]) -> tuple[frozenset[str], SyntaxInvalid | None]:
    """Return the modules that source files import, and the first syntax error."""
    found, broken = set[str](), None
    for path in paths:
        try:
            found.update(_imports_of(path))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            broken = broken or SyntaxInvalid.found(path, error, platform.python_version())
    return frozenset(found), broken


def _imports_of(path: Path) -> Iterator[str]:
    """Yield the modules that a source file imports, by their absolute names."""
    with warnings.catch_warnings(action="ignore"):  # such as invalid escapes, which are for linters
        tree = ast.parse(path.read_bytes(), filename=str(path))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
