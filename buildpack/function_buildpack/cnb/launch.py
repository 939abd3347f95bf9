"""The result of a build: `launch.toml` (buildpack specification, "launch.toml").

And the software bill of materials of everything that belongs to no layer.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from function_buildpack.cnb import sbom_files
from function_buildpack.cnb.sbom_files import Sboms


@dataclass(frozen=True)
class Process:
    """A launch process. The command runs without a shell. Users may add arguments."""

    type: str
    command: tuple[str, ...]
    working_directory: Path
    default: bool = False


@dataclass(frozen=True)
class Launch:
    """Processes and labels of the image, and the SBOM of what is not in layers."""

    processes: tuple[Process, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    sboms: Sboms = field(default_factory=dict)

    def write(self, layers: Path) -> None:
        """Write `<layers>/launch.toml` and `<layers>/launch.sbom.*.json`."""
        (layers / "launch.toml").write_text(tomli_w.dumps(self._table()))
        sbom_files.write(layers, "launch", self.sboms)

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
