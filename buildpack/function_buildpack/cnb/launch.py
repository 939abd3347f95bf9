"""What a build hands to the lifecycle: `launch.toml` (buildpack specification, "launch.toml")."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w


@dataclass(frozen=True)
class Process:
    """A launch process. The command is run as it is, without a shell; users may replace `args`."""

    type: str
    command: tuple[str, ...]
    working_directory: Path
    default: bool = False


@dataclass(frozen=True)
class Launch:
    """Processes and image labels of the image."""

    processes: tuple[Process, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)

    def write(self, layers: Path) -> None:
        """Write `<layers>/launch.toml`."""
        (layers / "launch.toml").write_text(tomli_w.dumps(self._table()))

    def _table(self) -> dict[str, Any]:
        return {
            "labels": [{"key": key, "value": value} for key, value in self.labels.items()],
            "processes": [
                {
                    "type": process.type,
                    "command": list(process.command),
                    "working-dir": str(process.working_directory),
                    "default": process.default,
                }
                for process in self.processes
            ],
        }
