"""Phrases that several steps say."""

from collections.abc import Iterable, Mapping
from pathlib import Path

_LISTED = 8


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Tell two sets of packages apart, each by name and version."""
    told = [
        f"{name} {now[name]} (was {version})"
        for name, version in before.items()
        if name in now and version != now[name]
    ]
    told += [f"new {name} {version}" for name, version in now.items() if name not in before]
    told += [f"without {name} {version}" for name, version in before.items() if name not in now]
    return some(told) or "the same"


def left_out(paths: Iterable[Path], app: Path) -> str:
    """Return that the image does not get something."""
    return f"Not in the image: {some([str(path.relative_to(app)) for path in paths])}"


def some(items: list[str]) -> str:
    """Return a list of names, as many as one reads in a log."""
    shown, more = items[:_LISTED], len(items) - _LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
