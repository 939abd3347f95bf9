"""Of which kinds the values of a file must be, and which are not. Pure.

TOML and JSON allow any value anywhere. What is looked at once, where a file is read, the rest of
the build need not doubt.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class ListOf:
    """A list, and the kind of its items."""

    items: "Kind"


@dataclass(frozen=True)
class Table:
    """A table, with the kinds of fields by their names and that of all others."""

    fields: Mapping[str, "Kind"] = field(default_factory=dict)
    others: "Kind" = object
    required: tuple[str, ...] = ()


# `object` is anything, a tuple is a choice.
_One: TypeAlias = type | ListOf | Table
Kind: TypeAlias = _One | tuple[_One, ...]

TEXTS = ListOf(str)


@dataclass(frozen=True)
class Misfit:
    """A value of another kind, by its path; `expected` completes "must be …"."""

    path: str
    found: str
    expected: str


_SHOWN = 60  # of a value


def shown(value: object) -> str:
    """Return the beginning of a value as it is shown in an error."""
    try:
        return repr(value)[:_SHOWN]
    except (RecursionError, ValueError):  # too deep, or a number with thousands of digits
        return f"a value that is too large ({type(value).__name__})"


_DEEPEST = 50
_LARGEST = 1 << 64


def is_sound(value: object) -> bool:
    """Say whether parsed data is no deeper and its numbers are no larger than anybody writes.

    What works on them later, such as json, does not get through any depth or number.
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


def misfits(value: object, kind: Kind, path: str = "") -> Iterator[Misfit]:
    """Yield what is of another kind in parsed data, however deep."""
    choices = kind if isinstance(kind, tuple) else (kind,)
    match next((each for each in choices if isinstance(value, _type(each))), None), value:
        case None, _:
            yield Misfit(path, shown(value), _name(kind))
        case ListOf(items), list():
            for number, item in enumerate(value):
                yield from misfits(item, items, f"{path}[{number}]")
        case Table() as table, dict():
            yield from _misfits_of_table(value, table, f"{path}." if path else "")
        case _:
            pass


def _misfits_of_table(value: Mapping[str, object], kind: Table, prefix: str) -> Iterator[Misfit]:
    for name in kind.required:
        if name not in value:
            yield Misfit(f"{prefix}{name}", "nothing", _name(kind.fields[name]))
    for name, item in value.items():
        yield from misfits(item, kind.fields.get(name, kind.others), f"{prefix}{name}")


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
