"""Phrases that several steps say."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from function_buildpack.cnb.layers import Changed, Created, Unreadable

_LISTED = 8


def because(cause: Created | Unreadable | Changed) -> str:
    """Return why a layer is made anew."""
    match cause:
        case Created():
            return "there is no layer of an earlier build"
        case Unreadable():
            return "the layer of the earlier build is another version's"
        case Changed(fields):
            changes = (_change(name, *values) for name, values in fields.items())
            return f"since the earlier build, {', '.join(changes)}"


# Of fields whose name says less than they cover: lists, extras and groups, files of local packages.
_WHAT = {"requirements": "what states the dependencies"}

_DIGEST = re.compile(r"([0-9a-f]{32})?")


def _change(name: str, before: str, now: str) -> str:
    if _DIGEST.fullmatch(before) and _DIGEST.fullmatch(now):  # which tells nobody anything
        return f"{_WHAT.get(name, name)} changed"
    return f"{name} changed from {before or 'none'} to {now or 'none'}"


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
    return f"Left out of the image: {some([str(path.relative_to(app)) for path in paths])}"


def some(names: list[str]) -> str:
    """Return a list of names, as many as one reads in a log."""
    shown, more = names[:_LISTED], len(names) - _LISTED
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
