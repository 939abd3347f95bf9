"""Reads what `python -X importtime` prints."""

import re
from dataclasses import dataclass

# import time: self [us] | cumulative | imported package
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+\S+")


@dataclass(frozen=True)
class Imports:
    """How many modules, and how long their own code and their reading took, in seconds."""

    modules: int
    seconds: float


def parse(log: str) -> Imports:
    """Read a log in which the lines are, among others."""
    times = [int(line.group(1)) for line in _LINE.finditer(log)]
    return Imports(len(times), sum(times) / 1_000_000)
