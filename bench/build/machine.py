"""Reads what a run's machine is, from /proc."""

import os
import platform
from pathlib import Path

from bench.build.result import Machine

_PROC = Path("/proc")


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
