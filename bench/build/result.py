"""One run as data: how, where and of what it was taken, and all that it found. Knows no target."""

import json
from dataclasses import asdict, dataclass
from statistics import median

from bench.build.figures import BY_NAME, FIGURES, OURS, Figure

# Of the JSON document.
_FORMAT = 1

# A round's values by figure and peer.
Round = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Machine:
    """What it was measured on. `load` is the load average before the run: 0 is a quiet machine."""

    processor: str
    cores: int
    memory_mb: int
    system: str
    load: float


@dataclass(frozen=True)
class Result:
    """A run, which began at `taken` (UTC); `tools` and `peers` say what was measured."""

    taken: str
    machine: Machine
    tools: dict[str, str]
    peers: dict[str, str]
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
        values = self.values(figure, peer)
        if len(values) < 2 or not median(values):  # noqa: PLR2004 -- a spread is of two or more
            return None
        return (max(values) - min(values)) / median(values)

    def ratio(self, figure: Figure, peer: str) -> float | None:
        """Return our value divided by the peer's: of each round, and of these the median.

        What disturbs a round disturbs both, and does less to their ratio than to either.
        """
        found = [values.get(figure.name, {}) for values in self.rounds]
        ratios = [v[OURS] / v[peer] for v in found if OURS in v and peer in v]
        return median(ratios) if ratios else None


def write(result: Result) -> str:
    """Return a result as a JSON document, with the medians for who reads no more than these."""
    medians = {
        figure.name: {
            peer: value
            for peer in result.peers
            if (value := result.median(figure, peer)) is not None
        }
        for figure in FIGURES
    }
    document = {"format": _FORMAT} | asdict(result)
    document["rounds"] = [_rounded(values) for values in result.rounds]
    document["medians"] = _rounded({name: found for name, found in medians.items() if found})
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _rounded(values: Round) -> Round:
    """Keep a digit more than people are shown."""
    return {
        figure: {peer: round(value, BY_NAME[figure].digits + 1) for peer, value in found.items()}
        for figure, found in values.items()
    }
