"""Phrases that several steps log."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sized
from pathlib import Path

from function_buildpack.log import redaction

_MAX_ITEMS = 8
_PLAIN = re.compile(r"[^\s,'\"]+")


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return the differences between two sets of packages, each by name and version."""
    found = [
        f"{name} {now[name]} (was {version})"
        for name, version in before.items()
        if name in now and version != now[name]
    ]
    found += [f"added {name} {version}" for name, version in now.items() if name not in before]
    found += [f"removed {name} {version}" for name, version in before.items() if name not in now]
    return some(found) or "none"


def not_in_image(paths: Iterable[Path], app: Path) -> str:
    """Return a line that names files which the build removed from the source."""
    return f"Not in the image: {some([str(path.relative_to(app)) for path in paths])}"


def setting(name: str, value: str) -> str:
    """Return a variable and its value, without secrets: NAME=value, NAME='two words'."""
    shown = redaction.setting(name, value)
    return f"{name}={shown if _PLAIN.fullmatch(shown) else shlex.quote(shown)}"


def some(items: list[str]) -> str:
    """Return the first few names of a list, and how many more there are."""
    shown, more = items[:_MAX_ITEMS], len(items) - _MAX_ITEMS
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def count(items: Sized, noun: str) -> str:
    """Return a number with its noun: 1 file, 2 files."""
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
