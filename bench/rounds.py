"""What the rounds of a run have found, of us and of our peers."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from statistics import median
from typing import ClassVar, Protocol

from bench.machine import Machine

# A round's values by figure and peer.
Round = dict[str, dict[str, float]]


class Figure(Protocol):
    """What is measured: the name under which a round has it, and how people read it."""

    @property
    def name(self) -> str:
        """The name in a round."""
        ...

    @property
    def title(self) -> str:
        """What people read."""
        ...

    @property
    def unit(self) -> str:
        """The unit, empty for a bare number."""
        ...

    @property
    def digits(self) -> int:
        """How many decimals people are shown."""
        ...

    @property
    def note(self) -> str:
        """How it is taken."""
        ...


class Rounds:
    """Statistics over the rounds of a run; whoever has these says which peer is ours.

    `taken` is when the run began (UTC).
    """

    ours: ClassVar[str]
    taken: str
    machine: Machine
    rounds: list[Round]

    def values(self, figure: Figure, peer: str) -> list[float]:
        """Return what the rounds found; a round may have no value."""
        found = [values.get(figure.name, {}) for values in self.rounds]
        return [values[peer] for values in found if peer in values]

    def median(self, figure: Figure, peer: str) -> float | None:
        """Return the median of the rounds, None if nothing was found."""
        values = self.values(figure, peer)
        return median(values) if values else None

    def spread(self, figure: Figure, peer: str) -> float | None:
        """Return how far the rounds are apart, as a part of the median; None for a single one."""
        return spread(self.values(figure, peer))

    def ratio(self, figure: Figure, peer: str) -> float | None:
        """Return our value divided by the peer's: of each round, and of these the median.

        What disturbs a round disturbs both, and does less to their ratio than to either.
        """
        found = [values.get(figure.name, {}) for values in self.rounds]
        ratios = [v[self.ours] / v[peer] for v in found if self.ours in v and peer in v]
        return median(ratios) if ratios else None

    def medians(self, figures: Iterable[Figure], peers: Iterable[str]) -> Round:
        """Return the medians like a round, of what was found."""
        found: Round = {}
        for figure, peer in product(figures, peers):
            if (value := self.median(figure, peer)) is not None:
                found.setdefault(figure.name, {})[peer] = value
        return found


def spread(values: Sequence[float]) -> float | None:
    """Return how far values are apart, as a part of their median; None for less than two."""
    if len(values) < 2 or not median(values):  # noqa: PLR2004 -- a spread is of two or more
        return None
    return (max(values) - min(values)) / median(values)


def rounded(values: Round, figures: Mapping[str, Figure]) -> Round:
    """Keep two digits more than people are shown."""
    return {
        name: {peer: round(value, figures[name].digits + 2) for peer, value in found.items()}
        for name, found in values.items()
    }
