"""A run as data: what was measured, where and when, and all values. Targets are elsewhere."""

from dataclasses import dataclass
from typing import ClassVar

from bench import documents
from bench.build.results.figures import BY_NAME, OURS
from bench.machine import Machine
from bench.rounds import Round, Rounds


@dataclass(frozen=True)
class Result(Rounds):
    """A run that began at `taken` (UTC), with the versions of `tools` and notes on `peers`."""

    ours: ClassVar[str] = OURS

    taken: str
    machine: Machine
    tools: dict[str, str]
    peers: dict[str, str]
    rounds: list[Round]


def write(result: Result) -> str:
    """Return a result as a JSON document."""
    return documents.write(result, BY_NAME, result.peers)


def read(text: str) -> Result:
    """Return the result in a JSON document of `write`.

    :raises ValueError: it is of another format.
    """
    document = documents.read(text)
    return Result(
        taken=document["taken"],
        machine=Machine(**document["machine"]),
        tools=document["tools"],
        peers=document["peers"],
        rounds=document["rounds"],
    )
