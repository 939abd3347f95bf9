"""A run as data: what was measured, where and when, and all values. Targets are elsewhere."""

from dataclasses import dataclass
from typing import ClassVar

from bench import documents
from bench.machine import Machine
from bench.rounds import Round, Rounds
from bench.runtime.peers import OURS
from bench.runtime.results.figures import BY_NAME, Part


@dataclass(frozen=True)
class Plan:
    """How much to measure. A round has `starts` starts and `seconds` of load, and uses medians."""

    rounds: int
    seconds: int
    starts: int
    soak: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Measured:
    """A peer: a note on it, and its packages with their versions."""

    note: str
    packages: dict[str, str]


@dataclass(frozen=True)
class Result(Rounds):
    """A run that began at `taken` (UTC).

    `python` is the interpreter's full version. `runtime` is a digest of the sources of
    func_runtime.
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
    """Return the result in a JSON document of `write`.

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
