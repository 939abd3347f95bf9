"""One run as data: how, where and of what it was taken, and all that it found. Knows no target."""

import json
from dataclasses import asdict, dataclass
from typing import ClassVar

from bench.build.figures import BY_NAME, FIGURES, OURS
from bench.machine import Machine
from bench.rounds import Round, Rounds, rounded

# Of the JSON document.
_FORMAT = 1


@dataclass(frozen=True)
class Result(Rounds):
    """A run, which began at `taken` (UTC); `tools` and `peers` say what was measured."""

    ours: ClassVar[str] = OURS

    taken: str
    machine: Machine
    tools: dict[str, str]
    peers: dict[str, str]
    rounds: list[Round]


def write(result: Result) -> str:
    """Return a result as a JSON document, with the medians for who reads no more than these."""
    document = {"format": _FORMAT} | asdict(result)
    document["rounds"] = [rounded(values, BY_NAME) for values in result.rounds]
    document["medians"] = rounded(result.medians(FIGURES, result.peers), BY_NAME)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
