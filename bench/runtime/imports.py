"""Reads what `python -X importtime` prints."""

import re
from dataclasses import dataclass

# import time: self [us] | cumulative | imported package
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+\S+")


@dataclass(frozen=True)
class Imports:
    """The number of modules, and the seconds to read and run them."""

    modules: int
    seconds: float


def parse(log: str) -> Imports:
    """Parse a log that has these lines among others."""
    times = [int(line.group(1)) for line in _LINE.finditer(log)]
    return Imports(len(times), sum(times) / 1_000_000)
