"""The version of this clone, the files that contain it, and its section in the changelog. Pure.

The lifecycle reads the version from buildpack/buildpack.toml. The other files repeat it.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from tools.console import Failure

SOURCE = "buildpack/buildpack.toml"
# pack does not follow a link to buildpack.toml. The runtime is a separate distribution.
FILES = (SOURCE, "buildpack.toml", "buildpack/runtime/pyproject.toml")
CHANGELOG = "CHANGELOG.md"

_LINE = re.compile(r'^version = "(.*)"$', re.MULTILINE)
_UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
# Semantic versions, as in the buildpack specification. They are also valid for Python (PEP 440).
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def parse(text: str) -> tuple[int, ...]:
    """Return the numbers of a version.

    :raises Failure: it does not have the form 1.2.3
    """
    if not (found := _VERSION.fullmatch(text)):
        raise Failure(
            "A version has the form 1.2.3" if text else "A version is required",
            f"Found: '{text}'",
            "Use: make release VERSION=1.2.3 REGISTRY=ghcr.io/you/functions",
        )
    return tuple(map(int, found.groups()))


def current(root: Path) -> str:
    """Return the version of a clone.

    :raises Failure: its files disagree, or one has none
    """
    found = {name: _found(name, (root / name).read_text()) for name in FILES}
    if len({*found.values()}) > 1:
        lines = [f"{version}: {name}" for name, version in found.items()]
        raise Failure("The versions of two files differ", *lines, f"{SOURCE} is the source.")
    return found[SOURCE]


def renewed(texts: Mapping[str, str], version: str, day: str) -> dict[str, str]:
    """Return the texts of FILES and of the changelog for a new version.

    :param texts: what they are now, by name
    :param day: the date of the version, as 2026-01-31
    :raises Failure: the changelog has nothing to release, or a file has no version
    """
    notes(texts[CHANGELOG])
    heading = f"## {version} - {day}"
    new = {name: _LINE.sub(f'version = "{version}"', texts[name], count=1) for name in FILES}
    for name in FILES:
        _found(name, texts[name])
    return {**new, CHANGELOG: re.sub(r"(?m)^## Unreleased$", heading, texts[CHANGELOG], count=1)}


def notes(changelog: str) -> str:
    """Return the changelog's section for the next version.

    :raises Failure: it is empty
    """
    found = _UNRELEASED.search(changelog)
    if not found:
        raise Failure(
            f'{CHANGELOG} has no section "## Unreleased"',
            "Add one at the top, with what changes for users.",
        )
    if not re.search(r"^[-*] ", found[1], re.MULTILINE):
        raise Failure(
            f'The section "## Unreleased" of {CHANGELOG} is empty',
            "Write what changes for users: a line for each change.",
        )
    return found[1].strip()


def _found(name: str, text: str) -> str:
    if found := _LINE.search(text):
        return found[1]
    raise Failure(f"{name} has no version", 'Expected a line: version = "1.2.3"')
