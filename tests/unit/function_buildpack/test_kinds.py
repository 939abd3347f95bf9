"""Kinds of values: what is of another is found, with its path."""

import pytest

from function_buildpack.kinds import TEXTS, Kind, ListOf, Misfit, Table, misfits

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
    """What is of the kinds, or has none to be of, is passed over."""
    assert [] == list(misfits(value, KIND))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, Misfit("", "3", "a table")),
        ({"text": ["x"]}, Misfit("text", "['x']", "text")),
        ({"texts": "x"}, Misfit("texts", "'x'", "a list")),
        ({"texts": ["x", 3]}, Misfit("texts[1]", "3", "text")),
        ({"either": []}, Misfit("either", "[]", "text or a table")),
        ({"either": {"text": 3}}, Misfit("either.text", "3", "text")),
        ({"tables": [{"text": "x"}, {}]}, Misfit("tables[1].text", "nothing", "text")),
        ({"other": {"x": 3}}, Misfit("other.x", "3", "text")),
        ({"text": [0] * 100}, Misfit("text", "[" + "0, " * 19 + "0,", "text")),
    ],
)
def test_misfit(value: object, expected: Misfit) -> None:
    """It is told by its path, shortened, with what it has to be."""
    assert [expected] == list(misfits(value, KIND))


def test_each() -> None:
    """All are found, each once."""
    kind: Kind = ListOf(str)

    assert ["[0]", "[2]"] == [found.path for found in misfits([1, "x", 2], kind)]
