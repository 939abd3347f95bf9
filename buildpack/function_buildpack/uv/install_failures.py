"""Recognizes failures of an installation in uv's output: most have the same exit status."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from function_buildpack import constants
from function_buildpack.log import url_redaction
from function_buildpack.log.errors.dependencies import (
    HashMismatch,
    InstallFailed,
    LockOutdated,
    RequirementsUnsolvable,
    SelectionConflict,
    SelectionUnknown,
)
from function_buildpack.log.errors.indexes import IndexRefused
from function_buildpack.log.errors.tools import ToolMissing, UvUnfit
from function_buildpack.source import decoding
from function_buildpack.system.process import Result
from function_buildpack.uv import index_failures, named_indexes
from function_buildpack.uv.index_settings import PackageSource
from function_buildpack.uv.origin import RequirementsOrigin


@dataclass(frozen=True)
class Attempt:
    """An attempted installation, with facts for error messages.

    `indexes` are the project's indexes, name → URL. `links` are the platform's locations of wheels.
    """

    cwd: Path
    origin: RequirementsOrigin
    source: PackageSource
    indexes: Mapping[str, str]
    links: tuple[str, ...] = ()


_NO_EXTRA = re.compile(r"Requested extra not found: (\S+)")
_CONFLICT = re.compile(r"are incompatible with the (?:declared )?conflicts")
_UNSOLVABLE = "No solution found"


def raise_error(result: Result, attempt: Attempt) -> None:
    """Raise the error for a failed installation.

    :raises UvUnfit: :raises LockOutdated: :raises SelectionUnknown: :raises SelectionConflict:
    :raises ToolMissing: :raises HashMismatch: :raises RequirementsUnsolvable:
    :raises InstallFailed: any other. :raises BuildpackError: as index_failures finds.
    """
    said = result.output
    check_version(result, attempt.cwd)
    if "needs to be updated, but `--locked`" in said:
        raise _outdated(said, attempt.origin.path)
    if extra := _NO_EXTRA.search(said):
        raise SelectionUnknown(constants.FUNCTION_EXTRAS, extra[1], attempt.origin.path, None)
    if _CONFLICT.search(said):
        raise _conflict(said, attempt)
    if "Git executable not found" in said:
        raise ToolMissing("git")
    if "Hash mismatch for" in said:
        raise HashMismatch(attempt.origin.path, explanation(said))
    if failure := index_failures.find(said):
        raise _refused(said, attempt) if failure is IndexRefused else failure(explanation(said))
    if is_unsolvable(said):
        raise _unsolvable(said, attempt)
    raise InstallFailed(
        str(attempt.origin.path),
        result.status,
        attempt.origin.again,
        explanation(said),
        _not_there(said),
    )


def is_unsolvable(said: str) -> bool:
    """Return whether uv found no versions that match all requirements."""
    return _UNSOLVABLE in said


_UNFIT = re.compile(r"Required uv version `(.+?)` does not match the running version `(.+?)`")


def check_version(result: Result, cwd: Path) -> None:
    """Check that a project allows the builder's uv. :raises UvUnfit: it does not."""
    if match := _UNFIT.search(result.output):
        file, field = next(_requiring(cwd), ("uv.toml of the platform", "required-version"))
        raise UvUnfit(file, field, match[1], match[2])


def _requiring(cwd: Path) -> Iterator[tuple[str, str]]:
    """Yield the files that require a version of uv, nearest first, each with the field."""
    for folder in (cwd, *cwd.parents):
        for name, tables in (("uv.toml", ()), (constants.PYPROJECT, ("tool", "uv"))):
            path = folder / name
            table = decoding.toml(path) if path.is_file() else {}
            for key in tables:
                table = table.get(key, {})
            if "required-version" in table:
                yield str(path), ".".join((*tables, "required-version"))


_NO_PYTHON = re.compile(r"No `requires-python` value found .* Defaulting to `(.+?)`")


def _outdated(said: str, lock: Path) -> LockOutdated:
    """Return the error for an outdated lock. It may only be for another Python than uv assumes."""
    missing = ""
    if default := _NO_PYTHON.search(said):
        locked_for = decoding.toml(lock).get("requires-python", "")
        missing = locked_for if locked_for != default[1] else ""
    return LockOutdated(
        lock, lock.with_name(constants.PYPROJECT), "uv lock", missing_requires_python=missing
    )


def _conflict(said: str, attempt: Attempt) -> SelectionConflict:
    selected = {
        constants.FUNCTION_EXTRAS: attempt.origin.selection.extras,
        constants.FUNCTION_GROUPS: attempt.origin.selection.groups,
    }
    given = tuple(f"{name}={' '.join(sorted(found))}" for name, found in selected.items() if found)
    return SelectionConflict(given, attempt.origin.path, explanation(said), attempt.origin.again)


_URL = re.compile(r"https?://[^\s`'\"()]+")


def _refused(said: str, attempt: Attempt) -> IndexRefused:
    """Return the error with the index's address, and its name if it has one."""
    shown = explanation(said)
    at = next((match[0] for match in _URL.finditer(shown)), "")
    host = urlsplit(at).hostname
    same = [
        (name, url)
        for name, url in attempt.indexes.items()
        if host and urlsplit(url).hostname == host
    ]
    # Of several indexes at one host, the one with the longest common start of the address.
    name, url = max(same, key=lambda item: _alike(item[1], at), default=("", at))
    variables = named_indexes.references(url) or _variables(name, attempt.origin)
    return IndexRefused(shown, url_redaction.public(url), name, variables, str(attempt.origin.path))


def _variables(name: str, origin: RequirementsOrigin) -> tuple[str, ...]:
    """Return the variables for the credentials of a named index, with its tool's names."""
    prefix = f"{origin.index_variables}_{named_indexes.in_variables(name)}"
    return (f"{prefix}_USERNAME", f"{prefix}_PASSWORD") if name else ()


def _alike(one: str, other: str) -> int:
    """Return the length of the common start of two texts."""
    return len([*takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))])


def _unsolvable(said: str, attempt: Attempt) -> RequirementsUnsolvable:
    named = {url_redaction.public(url) for url in attempt.indexes.values()} - {""}
    return RequirementsUnsolvable(
        attempt.origin.path,
        explanation(said),
        without_index=attempt.source.no_index,
        wheels=str(attempt.source.wheels or ""),
        links=attempt.links,
        indexes=tuple(sorted(named)),
    )


# A missing folder or wheel of a requirement, or a missing included file.
_NOT_THERE = re.compile(
    r"Distribution not found at: file://(.+)|failed to read from file `(.+?)`: No such file"
)


def _not_there(said: str) -> str:
    found = _NOT_THERE.search(said)
    return os.path.normpath(unquote(found[1]) if found[1] else found[2]) if found else ""


def is_error_start(line: str) -> bool:
    """Return whether a line is the first one of uv's explanation of a failure."""
    return line.lstrip().startswith(("×", "error:"))  # noqa: RUF001 -- uv's


def explanation(text: str) -> str:
    """Return uv's explanation: everything from its first error mark on. Empty without a mark."""
    lines = text.strip().splitlines()
    return "\n".join(
        lines[next((i for i, line in enumerate(lines) if is_error_start(line)), len(lines)) :]
    )
