"""Changes of environment variables, for the lifecycle and for child processes of the build.

Both use the same value, so that the build checks the environment that the launch process gets.
Format: buildpack specification, "Environment Variable Modification Rules".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Behaviour(StrEnum):
    """How a value changes an existing one. The enum's value is the suffix of the file."""

    OVERRIDE = "override"
    DEFAULT = "default"
    APPEND = "append"
    PREPEND = "prepend"


@dataclass(frozen=True)
class Change:
    """A change of one variable. The delimiter joins appended and prepended values."""

    name: str
    behaviour: Behaviour
    value: str
    delimiter: str = ""

    def apply(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return a copy of the environment with this change, as the launcher applies it."""
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
