"""Explains in the log why a layer is reused or filled again."""

import re
from collections.abc import Iterator, Mapping

from function_buildpack import constants
from function_buildpack.cnb.layers import Changed, Created, Unreadable


def reused(layer: str) -> str:
    """Return the line for a layer of an earlier build that is reused."""
    return f"Reusing the {layer} layer: nothing it depends on has changed"


def because(cause: Created | Unreadable | Changed) -> str:
    """Return why a layer is filled again."""
    match cause:
        case Created():
            return "there is no layer of an earlier build"
        case Unreadable():
            return "another version of the buildpack created the layer of the earlier build"
        case Changed(fields):
            changes = [
                change for name, values in fields.items() for change in _changes(name, *values)
            ]
            return f"{', '.join(changes)} since the earlier build"


# Fields → what users know them as. The others have the words of users.
_NAMES = {
    "library_check": constants.LIBRARY_CHECK,
    "refresh": constants.FUNCTION_REFRESH,
    "requirements": "the declared dependencies",
    "source": "the source",
    "sources": "the runtime's source",
    "uv_configuration": "the platform's uv.toml",
    "uv_settings": "settings of uv",
}
# Fields that list names with values → how an item is shown.
_LISTS = {"git": "{}", "variables": "the variable {}"}
_MOVING = "moving"
_COMMIT_LENGTH = 12

_DIGEST = re.compile(r"([0-9a-f]{8}|[0-9a-f]{32})?")


def _changes(field: str, before: str, now: str) -> Iterator[str]:
    """Describe the changes of a field. Values in lists are digests, which are not shown."""
    was, is_ = unlisted(before), unlisted(now)
    changed = [name for name in {**was, **is_} if was.get(name) != is_.get(name)]
    if field in _LISTS:
        yield from (f"{_LISTS[field].format(name)} changed" for name in changed)
    elif field == _MOVING:
        yield from (_moved(name, is_[name]) for name in changed)
    else:
        yield _change(field, before, now)


def _moved(reference: str, commit: str) -> str:
    if not commit:
        return f"{reference} was removed"
    return f"{reference} moved to {commit[:_COMMIT_LENGTH]}"


def _change(field: str, before: str, now: str) -> str:
    name = _NAMES.get(field, field)
    if _DIGEST.fullmatch(before) and _DIGEST.fullmatch(now):
        return f"{name} changed"
    return f"{name} changed from {before or 'none'} to {now or 'none'}"


def listed(values: Mapping[str, str]) -> str:
    """Return names and values as one text. Neither may contain a comma."""
    return ", ".join(f"{name}={value}" for name, value in values.items())


def unlisted(text: str) -> dict[str, str]:
    """Return the names and values of a text that `listed` has created."""
    parts = (item.rpartition("=") for item in text.split(", ") if item)
    return {name: value for name, _, value in parts}
