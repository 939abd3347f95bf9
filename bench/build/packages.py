"""Packages made for a measurement: many, small, of 40 modules each; no public index has them."""

from pathlib import Path

from tools import package_index

_MODULES = 40
_FUNCTIONS = 25  # a module: about 3 kB of source


def name(number: int) -> str:
    """Return the name of a package."""
    return f"bench-part-{number:03}"


def write(folder: Path, count: int) -> Path:
    """Write the wheels of so many packages into a folder, and return it."""
    for number in range(count):
        package = name(number).replace("-", "_")
        modules = {f"{package}/part_{i}.py": _module(number, i) for i in range(_MODULES)}
        package_index.write_wheel(folder, package, {f"{package}/__init__.py": "", **modules})
    return folder


def _module(package: int, number: int) -> str:
    return "\n\n".join(
        f"def step_{i}(value: int, factor: int = {package}) -> int:\n"
        f'    """Return step {i} of part {number}."""\n'
        f"    return value * factor + {i}\n"
        for i in range(_FUNCTIONS)
    )
