"""One run as data: how, where and of what it was taken, and all that it found. Knows no target."""

from dataclasses import dataclass
from typing import ClassVar

from bench import documents
from bench.build.results.figures import BY_NAME, OURS
from bench.machine import Machine
from bench.rounds import Round, Rounds


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
    """Return a result as a JSON document."""
    return documents.write(result, BY_NAME, result.peers)


def read(text: str) -> Result:
    """Return the result that a JSON document of `write` has.

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
