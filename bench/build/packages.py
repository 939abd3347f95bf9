"""Many small packages for a measurement, with 40 modules each. No public index has them."""

import random
from pathlib import Path

from tools import package_index

_MODULES = 40
_FUNCTIONS = 25  # a module: about 3 kB of source
_PAGE = 4096


def name(number: int) -> str:
    """Return the name of a package."""
    return f"bench-part-{number:03}"


def write(folder: Path, count: int, megabytes: int = 0) -> Path:
    """Write the wheels of a number of packages into a folder, and return the folder.

    Each package also has a number of data files of one megabyte.
    """
    for number in range(count):
        package = name(number).replace("-", "_")
        files: dict[str, str | bytes] = {f"{package}/__init__.py": ""}
        files |= {f"{package}/part_{i}.py": _module(number, i) for i in range(_MODULES)}
        files |= {f"{package}/data_{i}.bin": _data(number, i) for i in range(megabytes)}
        package_index.write_wheel(folder, package, files)
    return folder


def _module(package: int, number: int) -> str:
    return "\n\n".join(
        f"def step_{i}(value: int, factor: int = {package}) -> int:\n"
        f'    """Return step {i} of part {number}."""\n'
        f"    return value * factor + {i}\n"
        for i in range(_FUNCTIONS)
    )


def _data(package: int, number: int) -> bytes:
    """Return a megabyte that compresses to half of its size, like native code."""
    made = random.Random(f"{package} {number}")  # noqa: S311 -- the same bytes in each run
    half = _PAGE // 2
    return b"".join(made.randbytes(half) + bytes(half) for _ in range(2**20 // _PAGE))
