"""Reads the limits of this container, not those of the node.

Without a limit, version 2 of control groups has "max", and version 1 has -1 or a number that is
larger than any memory (docs.kernel.org/admin-guide/cgroup-v2.html, cgroup-v1/memory.html,
scheduler/sched-bwc.html).
"""

FOLDER = "/sys/fs/cgroup"


def cpus(folder: str = FOLDER) -> float | None:
    """Return the limit in CPUs, or None if there is none or it cannot be read."""
    try:
        try:
            quota, period = _read(folder, "cpu.max").split()
        except FileNotFoundError:
            quota = _read(folder, "cpu/cpu.cfs_quota_us")
            period = _read(folder, "cpu/cpu.cfs_period_us")
        limit = int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
    return limit if limit > 0 else None


def memory(folder: str = FOLDER) -> int | None:
    """Return the memory limit in bytes, or None if there is none or it cannot be read."""
    try:
        try:
            return int(_read(folder, "memory.max"))
        except FileNotFoundError:
            return int(_read(folder, "memory/memory.limit_in_bytes"))
    except (OSError, ValueError):
        return None


def _read(folder: str, name: str) -> str:
    with open(f"{folder}/{name}", encoding="ascii") as file:
        return file.read()
