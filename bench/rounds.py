"""The values in the rounds of a run, ours and those of our peers."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from statistics import median
from typing import ClassVar, Protocol

from bench.machine import Machine

# A round's values by figure and peer.
Round = dict[str, dict[str, float]]


class Figure(Protocol):
    """A figure: its name in a round, and how it is shown."""

    @property
    def name(self) -> str:
        """The name in a round."""
        ...

    @property
    def title(self) -> str:
        """The title in a report."""
        ...

    @property
    def unit(self) -> str:
        """The unit, empty for a bare number."""
        ...

    @property
    def digits(self) -> int:
        """The number of decimals in a report."""
        ...

    @property
    def note(self) -> str:
        """How it is measured."""
        ...


class Rounds:
    """Statistics over the rounds of a run. A subclass names our own peer.

    `taken` is when the run began (UTC).
    """

    ours: ClassVar[str]
    taken: str
    machine: Machine
    rounds: list[Round]

    def values(self, figure: Figure, peer: str) -> list[float]:
        """Return the values of all rounds. A round may have no value."""
        found = [values.get(figure.name, {}) for values in self.rounds]
        return [values[peer] for values in found if peer in values]

    def median(self, figure: Figure, peer: str) -> float | None:
        """Return the median of the rounds. None if there is no value."""
        values = self.values(figure, peer)
        return median(values) if values else None

    def spread(self, figure: Figure, peer: str) -> float | None:
        """Return the spread of the rounds, as a part of the median. None for a single one."""
        return spread(self.values(figure, peer))

    def ratio(self, figure: Figure, peer: str) -> float | None:
        """Return the median of the ratios in all rounds: our value divided by the peer's.

        Other work on the machine slows both in a round, so it changes their ratio less.
        """
        found = [values.get(figure.name, {}) for values in self.rounds]
        ratios = [v[self.ours] / v[peer] for v in found if self.ours in v and peer in v]
        return median(ratios) if ratios else None

    def medians(self, figures: Iterable[Figure], peers: Iterable[str]) -> Round:
        """Return the medians of all values, in the form of a round."""
        found: Round = {}
        for figure, peer in product(figures, peers):
            if (value := self.median(figure, peer)) is not None:
                found.setdefault(figure.name, {})[peer] = value
        return found


def spread(values: Sequence[float]) -> float | None:
    """Return the largest value minus the smallest, as a part of the median. None below two."""
    if len(values) < 2 or not median(values):  # noqa: PLR2004 -- a spread is of two or more
        return None
    return (max(values) - min(values)) / median(values)


def rounded(values: Round, figures: Mapping[str, Figure]) -> Round:
    """Return the values with two digits more than a report shows."""
    return {
        name: {peer: round(value, figures[name].digits + 2) for peer, value in found.items()}
        for name, found in values.items()
    }
