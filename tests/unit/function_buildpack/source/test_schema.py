"""Types of values: wrong ones are found, with their path."""

import pytest

from function_buildpack.source import schema
from function_buildpack.source.schema import TEXTS, Kind, ListOf, Table, TypeMismatch, mismatches

KIND = Table(
    {
        "text": str,
        "texts": TEXTS,
        "either": (str, Table({"text": str})),
        "tables": ListOf(Table({"text": str}, required=("text",))),
    },
    others=Table(others=str),
)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"text": "x", "texts": [], "either": "x", "tables": [], "other": {}},
        {"texts": ["x"], "either": {"text": "x", "any": 3}, "tables": [{"text": "x", "any": []}]},
    ],
)
def test_fits(value: object) -> None:
    """Values of the right type, or without one, are accepted."""
    assert [] == list(mismatches(value, KIND))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, TypeMismatch("", "3", "a table")),
        ({"text": ["x"]}, TypeMismatch("text", "['x']", "text")),
        ({"texts": "x"}, TypeMismatch("texts", "'x'", "a list")),
        ({"texts": ["x", 3]}, TypeMismatch("texts[1]", "3", "text")),
        ({"either": []}, TypeMismatch("either", "[]", "text or a table")),
        ({"either": {"text": 3}}, TypeMismatch("either.text", "3", "text")),
        ({"tables": [{"text": "x"}, {}]}, TypeMismatch("tables[1].text", "missing", "text")),
        ({"other": {"x": 3}}, TypeMismatch("other.x", "3", "text")),
        ({"text": [0] * 100}, TypeMismatch("text", "[" + "0, " * 19 + "0,", "text")),
    ],
)
def test_misfit(value: object, expected: TypeMismatch) -> None:
    """A mismatch has its path, the shortened value and the expected type."""
    assert [expected] == list(mismatches(value, KIND))


def test_each() -> None:
    """All are found, each once."""
    kind: Kind = ListOf(str)

    assert ["[0]", "[2]"] == [found.path for found in mismatches([1, "x", 2], kind)]


def nested(depth: int) -> object:
    """Return lists within lists."""
    value: object = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize(
    ("value", "sound"),
    [
        ({"a": [1, True, "x", 2.5], "b": {"c": -(2**64)}}, True),
        (nested(20), True),
        (nested(40), False),
        (nested(10_000), False),
        ({"a": [{"b": 2**64 + 1}]}, False),
    ],
)
def test_is_sound(value: object, sound: bool) -> None:
    """Data that is too deep, or has too large numbers, is found."""
    assert sound == schema.is_sound(value)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x" * 100, "'" + "x" * 59),
        (1 << 20_000, "a value that is too large (int)"),
        (nested(10_000), "a value that is too large (dict)"),
    ],
    ids=["long", "number", "deep"],
)
def test_shown(value: object, shown: str) -> None:
    """The start of a value is shown, if that is possible."""
    assert shown == schema.shown(value)
