"""One run as data: how, where and of what it was taken, and all that it found. Knows no target."""

from dataclasses import dataclass
from typing import ClassVar

from bench import documents
from bench.images.results.figures import BY_NAME, OURS
from bench.machine import Machine
from bench.rounds import Round, Rounds


@dataclass(frozen=True)
class About:
    """An image: a line about it, whether it has a shell, how its bytecode is validated."""

    note: str
    shell: bool
    bytecode: str


@dataclass(frozen=True)
class Result(Rounds):
    """A run, which began at `taken` (UTC). The first round has what does not change."""

    ours: ClassVar[str] = OURS

    taken: str
    machine: Machine
    tools: dict[str, str]
    images: dict[str, About]
    rounds: list[Round]


def write(result: Result) -> str:
    """Return a result as a JSON document."""
    return documents.write(result, BY_NAME, result.images)


def read(text: str) -> Result:
    """Return the result that a JSON document of `write` has.

    :raises ValueError: it is of another format.
    """
    document = documents.read(text)
    return Result(
        taken=document["taken"],
        machine=Machine(**document["machine"]),
        tools=document["tools"],
        images={name: About(**about) for name, about in document["images"].items()},
        rounds=document["rounds"],
    )
