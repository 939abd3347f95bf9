"""Poetry's version constraints, in addition to those of PEP 440: ^3.12, ~3.12, 3.11 || 3.12.

https://python-poetry.org/docs/dependency-specification/#version-constraints
"""

import re
from collections.abc import Sequence

from packaging.specifiers import SpecifierSet

_CLAUSE = re.compile(r"(\^|~=|~|={2,3}|!=|<=?|>=?|=)?\s*(\d+(?:\.\d+)*\S*|\*)")
_BETWEEN = re.compile(r"\s*,\s*|(?<![\^~=!<>\s])\s+")


def specifiers(constraint: str, *, of_python: bool = False) -> tuple[SpecifierSet, ...]:
    """Return the specifiers for a constraint. A version must match one of them.

    A version alone is exact. Only one of Python, such as 3.12, stands for its patch versions too,
    because Poetry compares it with `python_version` (poetry-core, create_nested_marker).

    :raises ValueError: it is not a constraint.
    """
    return tuple(
        SpecifierSet(
            ",".join(_specifier(clause, of_python) for clause in _BETWEEN.split(part.strip()))
        )
        for part in re.split(r"\|\|?", constraint)
    )


def _specifier(clause: str, of_python: bool) -> str:
    match = _CLAUSE.fullmatch(clause)
    if not match:
        message = f"not a version constraint: {clause}"
        raise ValueError(message)
    operator, version = match.groups()
    if version == "*":
        return ""
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    match operator:
        case "^":
            fixed = next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)
            return f">={version},<{_next(numbers[: fixed + 1])}"
        case "~":
            return f">={version},<{_next(numbers[:2])}"
        case None | "=" | "==":
            has_patch = len(numbers) > len(("major", "minor")) or version.endswith("*")
            return f"=={version}{'.*' if of_python and not has_patch else ''}"
        case _:
            return f"{operator}{version}"


def _next(numbers: Sequence[int]) -> str:
    return ".".join(str(number) for number in (*numbers[:-1], numbers[-1] + 1))


def allow(constraint: str, version: str, *, of_python: bool = False) -> bool:
    """Return whether a version matches; see `specifiers`.

    :raises ValueError: it is not a constraint.
    """
    found = specifiers(constraint, of_python=of_python)
    return any(item.contains(version, prereleases=True) for item in found)
