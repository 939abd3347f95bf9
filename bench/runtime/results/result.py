"""One run as data: how, where and of what it was taken, and all that it found. Knows no target."""

from dataclasses import dataclass
from typing import ClassVar

from bench import documents
from bench.machine import Machine
from bench.rounds import Round, Rounds
from bench.runtime.peers import OURS
from bench.runtime.results.figures import BY_NAME, Part


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
    """Return a result as a JSON document."""
    return documents.write(result, BY_NAME, result.peers)


def read(text: str) -> Result:
    """Return the result that a JSON document of `write` has.

    :raises ValueError: it is of another format.
    """
    document = documents.read(text)
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
