"""The names under which a result has its figures."""

from collections import Counter

from bench.runtime.results.figures import FIGURES, Part


def test_names() -> None:
    """No two figures have one name or one title: a table would not tell them apart."""
    for names in ([figure.name for figure in FIGURES], [figure.title for figure in FIGURES]):
        assert [] == [name for name, times in Counter(names).items() if times > 1]


def test_parts() -> None:
    """Each part of a round takes a figure."""
    assert set(Part) == {figure.part for figure in FIGURES}
