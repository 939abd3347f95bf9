"""A run as data: what was measured, where and when, and all values. Targets are elsewhere."""

from dataclasses import dataclass
from typing import ClassVar

from bench import documents
from bench.images.results.figures import BY_NAME, OURS
from bench.machine import Machine
from bench.rounds import Round, Rounds


@dataclass(frozen=True)
class About:
    """An image: a note on it, whether it has a shell, and how Python validates its bytecode."""

    note: str
    shell: bool
    bytecode: str


@dataclass(frozen=True)
class Result(Rounds):
    """A run that began at `taken` (UTC). Only the first round has values that do not change."""

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
    """Return the result in a JSON document of `write`.

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
