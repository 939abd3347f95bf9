"""What a run was taken on, as /proc says."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Machine:
    """What it was measured on. `load` is the load average before the run: 0 is a quiet machine."""

    processor: str
    cores: int
    memory_mb: int
    system: str
    load: float

    def __str__(self) -> str:
        memory = f"{self.memory_mb / 1000:.0f} GB"
        return f"{self.cores} cores of {self.processor}, {memory}, {self.system}"


def read() -> Machine:
    """Return what this machine is."""
    return Machine(
        processor=_field("cpuinfo", "model name") or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=int(_field("meminfo", "MemTotal").split()[0]) * 1024 // 1_000_000,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        load=os.getloadavg()[0],
    )


def _field(file: str, name: str) -> str:
    """Return the first value of a field, an empty one if there is none."""
    for line in (_PROC / file).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
