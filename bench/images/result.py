"""One run as data: how, where and of what it was taken, and all that it found. Knows no target."""

import json
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from bench.images.figures import BY_NAME, FIGURES, OURS
from bench.machine import Machine
from bench.rounds import Round, Rounds, rounded

# Of the JSON document.
_FORMAT = 1


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
    """Return a result as a JSON document, with the medians for who reads no more than these."""
    document = {"format": _FORMAT} | asdict(result)
    document["rounds"] = [rounded(values, BY_NAME) for values in result.rounds]
    document["medians"] = rounded(result.medians(FIGURES, result.images), BY_NAME)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> Result:
    """Return the result that a JSON document of `write` has.

    :raises ValueError: it is of another format.
    """
    document: dict[str, Any] = json.loads(text)
    if document.get("format") != _FORMAT:
        raise ValueError(f"not a result of format {_FORMAT}")
    return Result(
        taken=document["taken"],
        machine=Machine(**document["machine"]),
        tools=document["tools"],
        images={name: About(**about) for name, about in document["images"].items()},
        rounds=document["rounds"],
    )
