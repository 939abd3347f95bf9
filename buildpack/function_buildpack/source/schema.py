"""Checks the types of the values in a parsed file. Pure.

TOML and JSON allow any value anywhere. Values are checked once, where a file is read.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class ListOf:
    """A list, and the type of its items."""

    items: "Kind"


@dataclass(frozen=True)
class Table:
    """A table, with the types of fields by name, and the type of all others."""

    fields: Mapping[str, "Kind"] = field(default_factory=dict)
    others: "Kind" = object
    required: tuple[str, ...] = ()


# `object` is anything, a tuple is a choice.
_One: TypeAlias = type | ListOf | Table
Kind: TypeAlias = _One | tuple[_One, ...]

TEXTS = ListOf(str)


@dataclass(frozen=True)
class TypeMismatch:
    """A value of a wrong type, by its path. `expected` completes "must be …"."""

    path: str
    found: str
    expected: str


_MAX_LENGTH = 60  # of a shown value


def shown(value: object) -> str:
    """Return the start of a value, as errors show it."""
    try:
        return repr(value)[:_MAX_LENGTH]
    except (RecursionError, ValueError):  # too deep, or a number with thousands of digits
        return f"a value that is too large ({type(value).__name__})"


_DEEPEST = 50
_LARGEST = 1 << 64


def is_sound(value: object) -> bool:
    """Return whether parsed data is not too deep, and its numbers are not too large.

    Other modules, such as json, fail for some depths and numbers.
    """
    level = [value]
    for _ in range(_DEEPEST):
        if any(isinstance(item, int) and abs(item) > _LARGEST for item in level):
            return False
        level = [part for item in level for part in _parts(item)]
    return not level


def _parts(value: object) -> Iterable[object]:
    match value:
        case dict():
            return value.values()
        case list():
            return value
        case _:
            return ()


def mismatches(value: object, kind: Kind, path: str = "") -> Iterator[TypeMismatch]:
    """Yield the values of a wrong type in parsed data, at any depth."""
    choices = kind if isinstance(kind, tuple) else (kind,)
    match next((each for each in choices if isinstance(value, _type(each))), None), value:
        case None, _:
            yield TypeMismatch(path, shown(value), _name(kind))
        case ListOf(items), list():
            for number, item in enumerate(value):
                yield from mismatches(item, items, f"{path}[{number}]")
        case Table() as table, dict():
            yield from _mismatches_in_table(value, table, f"{path}." if path else "")
        case _:
            pass


def _mismatches_in_table(
    value: Mapping[str, object], kind: Table, prefix: str
) -> Iterator[TypeMismatch]:
    for name in kind.required:
        if name not in value:
            yield TypeMismatch(f"{prefix}{name}", "missing", _name(kind.fields[name]))
    for name, item in value.items():
        yield from mismatches(item, kind.fields.get(name, kind.others), f"{prefix}{name}")


def _type(kind: _One) -> type:
    match kind:
        case ListOf():
            return list
        case Table():
            return dict
        case _:
            return kind


def _name(kind: Kind) -> str:
    match kind:
        case tuple():
            return " or ".join(_name(each) for each in kind)
        case ListOf():
            return "a list"
        case Table():
            return "a table"
        case _:
            return "text"
