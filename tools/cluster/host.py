"""This machine: what a cluster needs of it, what one changes on it, and how that is put back."""

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
# What a cluster writes: 1.3 GB after its start, 1.7 GB after some functions (du).
_STATE = 2_000_000_000
_GB = 1e9

# Where containerd puts containers of pods that ask for no place of their own.
_CGROUP = "k8s.io"
_CGROUPS = Path("/sys/fs/cgroup")
_INTERFACES = Path("/sys/class/net")
_KERNEL = Path("/proc/sys")
# What kubelet sets for the whole machine.
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
            "A cluster needs Linux", f"Found: {system}. A virtual machine with Linux will do."
        )
    if user != 0:
        raise Failure(
            "Only root can start a cluster",
            "It makes network and mount namespaces. Run: sudo make cluster",
        )


def check_disk(folder: Path) -> None:
    """Check that the disk of the cluster's folder has the space that kubelet needs.

    :raises Failure: it has less
    """
    disk = shutil.disk_usage(folder)
    if problem := disk_problem(folder, disk.total, disk.free):
        raise problem


def disk_problem(folder: Path, total: int, free: int) -> Failure | None:
    """Return why a disk of this size is too full for a cluster; None if it is not."""
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
    """Check that root may make namespaces.

    :raises Failure: it may not
    """
    if said := process.failure([*unshared(), "true"]):
        raise Failure(
            "This machine does not let root make namespaces",
            said,
            "A cluster needs them. In a container, it takes --privileged.",
        )


def unshared(*options: str) -> list[str]:
    """Return the start of a command that runs in namespaces of its own."""
    return ["unshare", "--mount", "--net", "--pid", "--fork", *options, "--mount-proc"]


def check_link() -> None:
    """Check that no other cluster has the network interface.

    :raises Failure: it is there
    """
    if _link_address(_INTERFACES):
        raise Failure(
            f"The network interface {HOST_LINK} exists already",
            "Another cluster is running: of another user, or with another XDG_CACHE_HOME.",
            "Stop it with `make cluster-down` there, or remove what it left behind: "
            f"ip link delete {HOST_LINK}",
        )


def connect(first: int, note: Path) -> None:
    """Connect this machine with the namespaces of a process.

    :param note: where to write down which interface is this cluster's
    :raises Failure: a command of `ip` fails
    """
    for command in link_commands(first):
        process.call(command)
    note.write_text(_link_address(_INTERFACES))


def disconnect(note: Path) -> None:
    """Remove the interface, if it is the noted one.

    The kernel keeps the namespaces, and the interface with them, until connections that nobody
    answers any more have timed out.
    """
    if is_ours(note):
        process.failure(["ip", "link", "delete", HOST_LINK])


def is_ours(note: Path, interfaces: Path = _INTERFACES) -> bool:
    """Say whether the interface that is there is the one that `connect` has made.

    Its address tells, which the kernel chose by chance: another cluster may have made one since.
    """
    return note.exists() and note.read_text() == _link_address(interfaces) != ""


def _link_address(interfaces: Path) -> str:
    """Return the hardware address of the interface; nothing if it is not there."""
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
    """Write down the settings of the kernel that kubelet changes."""
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(
        "".join(f"{name}={value}\n" for name, value in _kernel_settings(kernel).items())
    )


def restore(note: Path, kernel: Path = _KERNEL, cgroups: Path = _CGROUPS) -> None:
    """Remove the control groups of an ended cluster, and put back the settings of the kernel.

    :param note: what `save_kernel_settings` wrote
    """
    _remove_cgroups(cgroups)
    for name, value in changed(_noted(note), _kernel_settings(kernel)).items():
        (kernel / name).write_text(value)


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, str]:
    """Return the settings to put back: those of before that are different now."""
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
