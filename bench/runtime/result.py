"""One run as data: how, where and of what it was taken, and all that it found. Knows no target."""

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from bench.machine import Machine
from bench.rounds import Round, Rounds, rounded
from bench.runtime.figures import BY_NAME, Part
from bench.runtime.peers import OURS

# Of the JSON document.
_FORMAT = 1


@dataclass(frozen=True)
class Plan:
    """How much to measure. `starts` are of each round, the median of which counts."""

    rounds: int
    seconds: int
    starts: int
    soak: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Measured:
    """What a peer was: a line about it, and its packages with their versions."""

    note: str
    packages: dict[str, str]


@dataclass(frozen=True)
class Result(Rounds):
    """A run, which began at `taken` (UTC).

    `python` is all that the interpreter says of its version; `runtime` tells the sources of
    func_runtime from others.
    """

    ours: ClassVar[str] = OURS

    taken: str
    plan: Plan
    machine: Machine
    python: str
    load_tool: str
    runtime: str
    peers: dict[str, Measured]
    rounds: list[Round]


def write(result: Result) -> str:
    """Return a result as a JSON document, with the medians for who reads no more than these."""
    document = {"format": _FORMAT} | asdict(result)
    document["rounds"] = [rounded(values, BY_NAME) for values in result.rounds]
    document["medians"] = rounded(result.medians(BY_NAME.values(), result.peers), BY_NAME)
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
