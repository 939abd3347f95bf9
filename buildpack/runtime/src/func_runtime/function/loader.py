"""Finds and imports the function. What it raises keeps its traceback."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from functools import partial
from os.path import isdir, isfile, join
from types import ModuleType
from typing import NamedTuple

from func_runtime import constants
from func_runtime.errors import EntryPointMissing, FunctionFailed, FunctionMissing, HandleInvalid

# What the function's code may raise. SystemExit and KeyboardInterrupt would end the process without
# a message, and perhaps with exit code 0.
RAISED = (Exception, SystemExit, KeyboardInterrupt)


class Entry(NamedTuple):
    """What returns the function's instance."""

    origin: str
    create: Callable[[], object]


def load(folder: str) -> Entry:
    """Import the function in a folder and return its entry. Nothing is called yet.

    :raises FunctionMissing: there is no function.
    :raises EntryPointMissing: it has neither new nor handle.
    :raises HandleInvalid: new or handle cannot be called.
    :raises FunctionFailed: its import raised.
    """
    _extend_path(folder)
    if importlib.util.find_spec(constants.PACKAGE) is None:
        raise FunctionMissing(folder, tuple(sorted(os.listdir(folder))))
    try:
        module = importlib.import_module(constants.PACKAGE)
    except RAISED as error:
        raise FunctionFailed("its import") from error
    return _entry(module, folder)


def _extend_path(folder: str) -> None:
    """Put the function's folder first on the import path, before installed packages.

    If the function is in `src/`, that follows the folder, as in the build. `python -m` may have put
    the folder on the path already.
    """
    sources = join(folder, constants.SOURCES)
    for path in (sources, folder) if _holds_function(sources) else (folder,):
        if path in sys.path:
            sys.path.remove(path)
        sys.path.insert(0, path)


def _holds_function(folder: str) -> bool:
    return isdir(join(folder, constants.PACKAGE)) or isfile(join(folder, f"{constants.PACKAGE}.py"))


def _entry(module: ModuleType, folder: str) -> Entry:
    origin = module.__file__ or join(folder, constants.PACKAGE)
    for name in (constants.NEW, constants.HANDLE):
        found = getattr(module, name, None)
        if found is None:
            continue
        if not callable(found):
            raise HandleInvalid(origin, f"{name} is of type {type(found).__name__}")
        return Entry(origin, found if name == constants.NEW else partial(_HandleOnly, found))
    defined = tuple(sorted(name for name in vars(module) if not name.startswith("_")))
    raise EntryPointMissing(origin, defined)


class _HandleOnly:
    """The instance of a function that has only a handle."""

    def __init__(self, handle: Callable[..., object]) -> None:
        self.handle = handle
