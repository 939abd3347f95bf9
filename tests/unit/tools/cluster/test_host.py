"""This machine: what a cluster needs, and how its changes are undone."""

from pathlib import Path

import pytest

from tools.cluster import host
from tools.console import Failure

CACHE = Path("/cache")
GB = 1_000_000_000


@pytest.mark.parametrize(
    ("system", "user", "title"),
    [
        ("Darwin", 0, "A cluster needs Linux"),
        ("Linux", 1000, "Only root can start a cluster"),
    ],
)
def test_another_user_or_system(system: str, user: int, title: str) -> None:
    """Without Linux or root, nothing is started."""
    with pytest.raises(Failure, match=title):
        host.check_user(system, user)


@pytest.mark.parametrize(
    ("total", "free", "is_enough"),
    [
        (100 * GB, 3 * GB, True),  # 1 % for kubelet, and 2 GB that a cluster writes
        (100 * GB, 3 * GB - 1, False),
        (1000 * GB, 11 * GB, False),  # a large disk needs more
        (8 * GB, 0, False),
    ],
)
def test_disk(total: int, free: int, is_enough: bool) -> None:
    """A disk needs the space of kubelet's threshold, and that for a cluster."""
    assert is_enough == (host.disk_problem(CACHE, total, free) is None)


def test_a_full_disk_is_explained() -> None:
    """The error has the free space, the needed space with the reason, and what to do."""
    problem = host.disk_problem(CACHE, 250 * GB, 1 * GB)

    assert (
        "The disk is too full for a cluster\n"
        "  Found: 1.0 GB free for /cache. Needed: 4.5 GB.\n"
        "  A cluster writes about 2 GB, and kubelet starts no pod when less than 1 % of the disk"
        " is free (2.5 GB).\n"
        "  Free some space, or set XDG_CACHE_HOME to a folder on another disk."
    ) == str(problem)


def test_the_link() -> None:
    """One end is on this machine, with an address. The other one is in the process's namespace."""
    commands = [" ".join(command) for command in host.link_commands(42)]

    assert [
        "ip link add knative-node type veth peer name eth0 netns 42",
        "ip address add 198.18.93.1/30 dev knative-node",
        "ip link set knative-node up",
    ] == commands


@pytest.mark.parametrize(
    ("noted", "found", "expected"),
    [
        ("2e:00:00:00:00:01\n", "2e:00:00:00:00:01\n", True),
        ("2e:00:00:00:00:01\n", "2e:00:00:00:00:02\n", False),  # another cluster's
        ("2e:00:00:00:00:01\n", None, False),  # it went with the namespaces
        ("", None, False),
        (None, "2e:00:00:00:00:02\n", False),
        (None, None, False),
    ],
)
def test_another_clusters_interface_is_left_alone(
    tmp_path: Path, noted: str | None, found: str | None, expected: bool
) -> None:
    """Only this cluster's interface is removed, although all have the same name."""
    note, address = tmp_path / "link", tmp_path / "net" / "knative-node" / "address"
    address.parent.mkdir(parents=True)
    for path, text in ((note, noted), (address, found)):
        if text is not None:
            path.write_text(text)

    assert expected == host.is_ours(note, tmp_path / "net")


@pytest.fixture
def kernel(tmp_path: Path) -> Path:
    """A kernel with two of the settings that kubelet changes, and one that it does not."""
    folder = tmp_path / "sys"
    for name, value in {"kernel/panic": "0", "vm/overcommit_memory": "0", "vm/other": "1"}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{value}\n")
    return folder


def test_settings_of_the_kernel_are_put_back(kernel: Path, tmp_path: Path) -> None:
    """Settings that kubelet has changed get their earlier values. No other is written."""
    note = tmp_path / "state" / "kernel"
    host.save_kernel_settings(note, kernel)
    (kernel / "kernel/panic").write_text("10\n")
    (kernel / "vm/other").write_text("2\n")
    untouched = (kernel / "vm/overcommit_memory").stat().st_mtime_ns

    host.restore(note, kernel, tmp_path)

    assert "0" == (kernel / "kernel/panic").read_text()
    assert "2\n" == (kernel / "vm/other").read_text()
    assert untouched == (kernel / "vm/overcommit_memory").stat().st_mtime_ns


@pytest.mark.parametrize("text", [None, "", "kernel/panic", "kernel/panic="])
def test_a_start_that_was_killed_early(kernel: Path, tmp_path: Path, text: str | None) -> None:
    """Without a complete note, no setting is written."""
    note = tmp_path / "kernel"
    if text is not None:
        note.write_text(text)
    (kernel / "kernel/panic").write_text("10\n")

    host.restore(note, kernel, tmp_path)

    assert "10\n" == (kernel / "kernel/panic").read_text()


def test_control_groups_that_are_left(kernel: Path, tmp_path: Path) -> None:
    """Empty control groups of pods are removed, the innermost first. Used ones stay."""
    groups = tmp_path / "cgroup"
    for name in ("k8s.io/pod/container", "memory/k8s.io/pod", "docker/container"):
        (groups / name).mkdir(parents=True)
    (groups / "memory/k8s.io/pod/cgroup.procs").write_text("1")

    host.restore(tmp_path / "no-note", kernel, groups)

    left = sorted(str(path.relative_to(groups)) for path in groups.rglob("*") if path.is_dir())
    assert ["docker", "docker/container", "memory", "memory/k8s.io", "memory/k8s.io/pod"] == left
