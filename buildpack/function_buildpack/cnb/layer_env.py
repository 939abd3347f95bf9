"""Changes to an environment: applied to our own child processes and written for the lifecycle.

One value serves both, so that what a build step saw is what the launch process gets.
Format: buildpack specification, "Environment Variable Modification Rules".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Behaviour(StrEnum):
    """How a value meets the one that is there; the value is the file's suffix."""

    OVERRIDE = "override"
    DEFAULT = "default"
    APPEND = "append"
    PREPEND = "prepend"


@dataclass(frozen=True)
class Change:
    """One variable's change. The delimiter joins appended and prepended values."""

    name: str
    behaviour: Behaviour
    value: str
    delimiter: str = ""

    def apply(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return a copy of the environment with this change, as the launcher makes it."""
        return {**environ, self.name: self._after(environ.get(self.name, ""))}

    def _after(self, before: str) -> str:
        match self.behaviour:
            case Behaviour.DEFAULT if before:
                return before
            case Behaviour.APPEND if before:
                return f"{before}{self.delimiter}{self.value}"
            case Behaviour.PREPEND if before:
                return f"{self.value}{self.delimiter}{before}"
            case _:
                return self.value


LayerEnv = tuple[Change, ...]


def apply(changes: LayerEnv, environ: Mapping[str, str]) -> dict[str, str]:
    """Return a copy of the environment with all changes, in order."""
    result = dict(environ)
    for change in changes:
        result = change.apply(result)
    return result


def write(changes: LayerEnv, folder: Path) -> None:
    """Write the changes as files of an env folder, such as `<layer>/env.launch`."""
    for change in changes:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{change.name}.{change.behaviour}").write_text(change.value)
        if change.delimiter:
            (folder / f"{change.name}.delim").write_text(change.delimiter)
