"""The names of the figures in a result."""

from collections import Counter

from bench.runtime.results.figures import FIGURES, Part


def test_names() -> None:
    """Figures have unique names and titles."""
    for names in ([figure.name for figure in FIGURES], [figure.title for figure in FIGURES]):
        assert [] == [name for name, times in Counter(names).items() if times > 1]


def test_parts() -> None:
    """Each part of a round has a figure."""
    assert set(Part) == {figure.part for figure in FIGURES}
