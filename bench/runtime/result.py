"""One run as data: how, where and of what it was taken, and all that it found. Knows no target."""

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.runtime.figures import BY_NAME, Figure, Part
from bench.runtime.peers import OURS

# Of the JSON document.
_FORMAT = 1

# A round's values by figure and peer.
Round = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Plan:
    """How much to measure. `starts` are of each round, the median of which counts."""

    rounds: int
    seconds: int
    starts: int
    soak: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Machine:
    """What it was measured on. `load` is the load average before the run: 0 is a quiet machine."""

    processor: str
    cores: int
    memory_mb: int
    system: str
    load: float


@dataclass(frozen=True)
class Measured:
    """What a peer was: a line about it, and its packages with their versions."""

    note: str
    packages: dict[str, str]


@dataclass(frozen=True)
class Result:
    """A run, which began at `taken` (UTC).

    `python` is all that the interpreter says of its version; `runtime` tells the sources of
    func_runtime from others.
    """

    taken: str
    plan: Plan
    machine: Machine
    python: str
    load_tool: str
    runtime: str
    peers: dict[str, Measured]
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
        return (max(values) - min(values)) / median(values) if len(values) > 1 else None

    def ratio(self, figure: Figure, peer: str) -> float | None:
        """Return our value divided by the peer's: of each round, and of these the median.

        What disturbs a round disturbs both, and does less to their ratio than to either.
        """
        found = [values.get(figure.name, {}) for values in self.rounds]
        ratios = [v[OURS] / v[peer] for v in found if OURS in v and peer in v]
        return median(ratios) if ratios else None


def write(result: Result) -> str:
    """Return a result as a JSON document, with the medians for who reads no more than these."""
    document = {"format": _FORMAT} | asdict(result)
    document["rounds"] = [_rounded(values) for values in result.rounds]
    document["medians"] = _rounded(_medians(result))
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> Result:
    """Return the result that a JSON document of `write` has.

    :raises ValueError: it is of another format.
    """
    document: dict[str, Any] = json.loads(text)
    if document.get("format") != _FORMAT:
        raise ValueError(f"not a result of format {_FORMAT}")
    plan = document["plan"]
    return Result(
        taken=document["taken"],
        plan=Plan(**plan | {"parts": tuple(map(Part, plan["parts"]))}),
        machine=Machine(**document["machine"]),
        python=document["python"],
        load_tool=document["load_tool"],
        runtime=document["runtime"],
        peers={name: Measured(**peer) for name, peer in document["peers"].items()},
        rounds=document["rounds"],
    )


def _medians(result: Result) -> Round:
    found = {
        figure.name: {name: result.median(figure, name) for name in result.peers}
        for figure in BY_NAME.values()
    }
    return {
        figure: present
        for figure, values in found.items()
        if (present := {name: value for name, value in values.items() if value is not None})
    }


def _rounded(values: Round) -> Round:
    """Keep two digits more than people are shown."""
    return {
        figure: {peer: round(value, BY_NAME[figure].digits + 2) for peer, value in found.items()}
        for figure, found in values.items()
    }
