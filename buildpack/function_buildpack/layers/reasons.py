"""Why a layer is filled again: compares what decides it with that of the build before."""

import re
from collections.abc import Iterator, Mapping

from function_buildpack import constants
from function_buildpack.cnb.layers import Changed, Created, Unreadable


def because(cause: Created | Unreadable | Changed) -> str:
    """Return why a layer is made anew."""
    match cause:
        case Created():
            return "there is no layer of an earlier build"
        case Unreadable():
            return "the layer of the earlier build is another version's"
        case Changed(fields):
            changes = [
                change for name, values in fields.items() for change in _changes(name, *values)
            ]
            return f"since the earlier build, {', '.join(changes)}"


# Of fields whose name is not the user's, or says less than they cover: lists, extras and groups,
# files of local packages.
_WHAT = {
    "requirements": "the declared dependencies",
    "refresh": constants.FUNCTION_REFRESH,
    "uv_configuration": "the platform's uv.toml",
}
# Fields that list names with values, and what they are called with a name.
_LISTS = {"git": "{}", "variables": "the variable {}"}
_MOVING = "moving"
_COMMIT = 12  # of a commit's digits, to be read

_DIGEST = re.compile(r"([0-9a-f]{8}|[0-9a-f]{32})?")


def _changes(field: str, before: str, now: str) -> Iterator[str]:
    """Say what of a field has changed. Values of lists are digests, which tell nobody anything."""
    was, is_ = unlisted(before), unlisted(now)
    changed = [name for name in {**was, **is_} if was.get(name) != is_.get(name)]
    if field in _LISTS:
        yield from (f"{_LISTS[field].format(name)} changed" for name in changed)
    elif field == _MOVING:
        yield from (_moved(name, is_[name]) for name in changed)
    else:
        yield _change(field, before, now)


def _moved(reference: str, commit: str) -> str:
    return f"{reference} moved to {commit[:_COMMIT]}" if commit else f"{reference} is gone"


def _change(name: str, before: str, now: str) -> str:
    if _DIGEST.fullmatch(before) and _DIGEST.fullmatch(now):  # which tells nobody anything
        return f"{_WHAT.get(name, name)} changed"
    return f"{_WHAT.get(name, name)} changed from {before or 'none'} to {now or 'none'}"


def listed(values: Mapping[str, str]) -> str:
    """Return names and values as one text; neither has a comma."""
    return ", ".join(f"{name}={value}" for name, value in values.items())


def unlisted(text: str) -> dict[str, str]:
    """Return the names and values of such a text."""
    parts = (item.rpartition("=") for item in text.split(", ") if item)
    return {name: value for name, _, value in parts}
