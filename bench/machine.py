"""The machine of a run, from /proc."""

import os
import platform
import re
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
# proc_stat(5): user, nice, system, idle, iowait, irq, softirq. Waiting for the disk counts as work.
_IDLE = 3
_TIMES = 7
# The node of a cluster is never completely idle.
_QUIET = 0.7
_QUIET_SECONDS = 2.0
_PATIENCE = 60.0


@dataclass(frozen=True)
class Machine:
    """The machine of a run. `load` is the load average before the run: 0 without other work."""

    processor: str
    cores: int
    memory_mb: int
    system: str
    load: float

    def __str__(self) -> str:
        memory = f"{self.memory_mb / 1000:.0f} GB"
        return f"{self.name}, {memory}, {self.system}"

    @property
    def name(self) -> str:
        """Runs with the same name can be compared directly, others only by ratios."""
        return f"{self.cores} cores of {self.processor}"

    @property
    def slug(self) -> str:
        """The name for a file: `amd-epyc-2-cores`."""
        plain = re.sub(r"\(\w+\)", "", f"{self.processor} {self.cores} cores")  # (R), (TM)
        return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def read() -> Machine:
    """Return this machine."""
    return Machine(
        processor=_field("cpuinfo", "model name") or platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=int(_field("meminfo", "MemTotal").split()[0]) * 1024 // 1_000_000,
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        load=os.getloadavg()[0],
    )


def wait_until_quiet() -> None:
    """Wait until the machine has been idle for two seconds, but for a minute at most."""
    end = time.monotonic() + _PATIENCE
    idle = 0.0
    while idle < _QUIET and time.monotonic() < end:
        before = _times()
        time.sleep(_QUIET_SECONDS)
        taken = [after - earlier for earlier, after in zip(before, _times(), strict=True)]
        idle = taken[_IDLE] / max(sum(taken), 1)


def _times() -> list[int]:
    """Return the time of all cores in each state, in ticks."""
    first = (_PROC / "stat").read_text(encoding="utf-8").splitlines()[0]
    return [int(ticks) for ticks in first.split()[1 : 1 + _TIMES]]


def _field(file: str, name: str) -> str:
    """Return the first value of a field, an empty one if there is none."""
    for line in (_PROC / file).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
