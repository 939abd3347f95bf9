"""A result as a JSON document."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, asdict, replace
from pathlib import Path
from statistics import median
from typing import Any, ClassVar, Protocol

from bench.machine import Machine
from bench.rounds import Figure, Round, rounded, spread

_FORMAT = 1


class Result(Protocol):
    """Rounds in a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def machine(self) -> Machine:
        """The machine of the run."""
        ...

    @property
    def rounds(self) -> list[Round]:
        """All values, by round."""
        ...

    def medians(self, figures: Iterable[Figure], peers: Iterable[str]) -> Round:
        """Return the medians like a round; see Rounds."""
        ...


def write(result: Result, figures: Mapping[str, Figure], peers: Iterable[str]) -> str:
    """Return a result as a document. It also has the medians, which are enough for most readers."""
    kept = replace(result, rounds=[rounded(values, figures) for values in result.rounds])
    document = {"format": _FORMAT} | asdict(kept)
    document["medians"] = rounded(kept.medians(figures.values(), peers), figures)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def read(text: str) -> dict[str, Any]:
    """Return the contents of a document of `write`.

    :raises ValueError: it has another format.
    """
    document: dict[str, Any] = json.loads(text)
    if document.get("format") != _FORMAT:
        raise ValueError(f"not a result of format {_FORMAT}")
    return document


def file_name(name: str, machine: Machine) -> str:
    """Return the name of the file with the last result of a measurement on a machine."""
    return f"{name}-{machine.slug}.json"


def pattern(name: str) -> str:
    """Return a pattern for the files of a measurement, of all machines."""
    return f"{name}-*.json"


def kept(name: str, folder: Path) -> list[str]:
    """Return the documents of a measurement in a folder, one for each machine.

    The first one has the most peers. If several have, it is the one whose rounds differ least:
    results of a machine with other work are less reliable.
    """
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob(pattern(name)))]
    return sorted(texts, key=lambda text: _rank(json.loads(text)))


def _rank(document: Mapping[str, Any]) -> tuple[int, float]:
    return -len(document.get("peers", ())), unsteadiness(document["rounds"])


def unsteadiness(rounds: Sequence[Round]) -> float:
    """Return the spread of the rounds: the median of all figures and peers, 0 for one round."""
    found: dict[tuple[str, str], list[float]] = {}
    for values in rounds:
        for figure, by_peer in values.items():
            for peer, value in by_peer.items():
                found.setdefault((figure, peer), []).append(value)
    spreads = [apart for values in found.values() if (apart := spread(values)) is not None]
    return median(spreads or [0.0])
