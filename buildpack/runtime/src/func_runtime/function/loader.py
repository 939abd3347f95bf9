"""Finds and imports the function. A failure of its own keeps its traceback."""

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
from func_runtime.errors import FunctionFailed, FunctionMissing, HandleMissing, HandlerMissing

# Everything that code of the function may raise; SystemExit and KeyboardInterrupt among it, which
# would end the process with the function's code (0, perhaps) and without a word.
RAISED = (Exception, SystemExit, KeyboardInterrupt)


class Entry(NamedTuple):
    """Where the function's instance comes from."""

    origin: str
    create: Callable[[], object]


def load(folder: str) -> Entry:
    """Import the function in a folder and return its entry. Nothing of it is called yet.

    :raises FunctionMissing: there is none.
    :raises HandlerMissing: it has neither new nor handle. :raises HandleMissing: not callable ones.
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
    """Make the function importable, before anything that is installed under its name.

    The folder comes before its `src/`, as for the build, though `python -m` has put it on the path.
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
            raise HandleMissing(origin, f"{name} is of type {type(found).__name__}")
        return Entry(origin, found if name == constants.NEW else partial(_Handling, found))
    defined = tuple(sorted(name for name in vars(module) if not name.startswith("_")))
    raise HandlerMissing(origin, defined)


class _Handling:
    """The instance of a function that is only a handle."""

    def __init__(self, handle: Callable[..., object]) -> None:
        self.handle = handle
