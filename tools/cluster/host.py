"""This machine: what a cluster needs of it, what it changes, and how these changes are undone."""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tools import process
from tools.cluster.settings import HOST, HOST_LINK, PREFIX
from tools.console import Failure

# kubelet's threshold for the disks of its folder and containerd's: below it, no pod is started.
EVICTION_PERCENT = 1
# How much a cluster writes: 1.3 GB after its start, 1.7 GB after some functions (du).
_STATE = 2_000_000_000
_GB = 1e9

# The control group of containers whose pods do not request another one.
_CGROUP = "k8s.io"
_CGROUPS = Path("/sys/fs/cgroup")
_INTERFACES = Path("/sys/class/net")
_KERNEL = Path("/proc/sys")
# The settings that kubelet changes for the whole machine.
_KERNEL_SETTINGS = (
    "vm/overcommit_memory",
    "vm/panic_on_oom",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)


def check_user(system: str, user: int) -> None:
    """Check that this is root on Linux.

    :raises Failure: it is not
    """
    if system != "Linux":
        raise Failure(
            "A cluster needs Linux", f"Found: {system}. Use a virtual machine with Linux."
        )
    if user != 0:
        raise Failure(
            "Only root can start a cluster",
            "It needs network and mount namespaces. Run: sudo make cluster",
        )


def check_disk(folder: Path) -> None:
    """Check that the disk of the cluster's folder has the space that kubelet needs.

    :raises Failure: it has less
    """
    disk = shutil.disk_usage(folder)
    if problem := disk_problem(folder, disk.total, disk.free):
        raise problem


def disk_problem(folder: Path, total: int, free: int) -> Failure | None:
    """Return why a disk is too full for a cluster, or None if it is not."""
    threshold = total * EVICTION_PERCENT // 100
    needed = threshold + _STATE
    if free >= needed:
        return None
    return Failure(
        "The disk is too full for a cluster",
        f"Found: {free / _GB:.1f} GB free for {folder}. Needed: {needed / _GB:.1f} GB.",
        f"A cluster writes about {_STATE / _GB:.0f} GB, and kubelet starts no pod when less than"
        f" {EVICTION_PERCENT} % of the disk is free ({threshold / _GB:.1f} GB).",
        "Free some space, or set XDG_CACHE_HOME to a folder on another disk.",
    )


def check_namespaces() -> None:
    """Check that root may create namespaces.

    :raises Failure: it may not
    """
    if said := process.failure([*unshared(), "true"]):
        raise Failure(
            "This machine does not let root make namespaces",
            said,
            "A cluster needs them. A container needs --privileged.",
        )


def unshared(*options: str) -> list[str]:
    """Return the start of a command that runs in new namespaces."""
    return ["unshare", "--mount", "--net", "--pid", "--fork", *options, "--mount-proc"]


def check_link() -> None:
    """Check that no other cluster has the network interface.

    :raises Failure: it exists
    """
    if _link_address(_INTERFACES):
        raise Failure(
            f"The network interface {HOST_LINK} already exists",
            "Another cluster is running: of another user, or with another XDG_CACHE_HOME.",
            "Stop it there with `make cluster-down`. If it no longer runs, remove its interface: "
            f"ip link delete {HOST_LINK}",
        )


def connect(first: int, note: Path) -> None:
    """Connect this machine with the namespaces of a process.

    :param note: a file for the address of this cluster's interface
    :raises Failure: a command of `ip` fails
    """
    for command in link_commands(first):
        process.call(command)
    note.write_text(_link_address(_INTERFACES))


def disconnect(note: Path) -> None:
    """Remove the interface, if its address is in the note.

    Without this, the kernel would keep the namespaces and the interface until all open connections
    have timed out.
    """
    if is_ours(note):
        process.failure(["ip", "link", "delete", HOST_LINK])


def is_ours(note: Path, interfaces: Path = _INTERFACES) -> bool:
    """Return whether the existing interface is the one that `connect` created.

    The kernel chose its address at random, so an interface of another cluster has another one.
    """
    return note.exists() and note.read_text() == _link_address(interfaces) != ""


def _link_address(interfaces: Path) -> str:
    """Return the hardware address of the interface, or an empty text if it does not exist."""
    try:
        return (interfaces / HOST_LINK / "address").read_text()
    except FileNotFoundError:
        return ""


def link_commands(first: int) -> list[list[str]]:
    """Return the commands that connect this machine with the namespaces of a process."""
    return [
        [
            "ip",
            "link",
            "add",
            HOST_LINK,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            f"{first}",
        ],
        ["ip", "address", "add", f"{HOST}/{PREFIX}", "dev", HOST_LINK],
        ["ip", "link", "set", HOST_LINK, "up"],
    ]


def save_kernel_settings(note: Path, kernel: Path = _KERNEL) -> None:
    """Write the kernel settings that kubelet changes to a file."""
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(
        "".join(f"{name}={value}\n" for name, value in _kernel_settings(kernel).items())
    )


def restore(note: Path, kernel: Path = _KERNEL, cgroups: Path = _CGROUPS) -> None:
    """Remove the control groups of a stopped cluster, and restore the kernel settings.

    :param note: the file that `save_kernel_settings` wrote
    """
    _remove_cgroups(cgroups)
    for name, value in changed(_noted(note), _kernel_settings(kernel)).items():
        (kernel / name).write_text(value)


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Return the settings to restore: the earlier values of those that have changed."""
    return {name: value for name, value in before.items() if now.get(name, value) != value}


def _kernel_settings(kernel: Path) -> dict[str, str]:
    return {
        name: (kernel / name).read_text().strip()
        for name in _KERNEL_SETTINGS
        if (kernel / name).exists()
    }


def _noted(note: Path) -> dict[str, str]:
    if not note.exists():  # the start was killed before it
        return {}
    lines = (line.partition("=") for line in note.read_text().splitlines())
    return {name: value for name, equals, value in lines if equals and value}


def _remove_cgroups(cgroups: Path) -> None:
    for folder, _, _ in os.walk(cgroups, topdown=False):
        if f"/{_CGROUP}" in folder:
            with suppress(OSError):  # only empty ones can be removed
                Path(folder).rmdir()
