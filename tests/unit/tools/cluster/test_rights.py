"""The rights of root that a node needs."""

from pathlib import Path

import pytest

from tools.cluster import rights
from tools.cluster.rights import Right
from tools.console import Failure


def test_a_missing_right_is_named() -> None:
    """The error has the tried command and its output. Later rights are not tried."""
    refused = Right("fly", ["sh", "-c", "echo not permitted >&2; exit 1"])

    with pytest.raises(Failure, match=r"^This machine does not let root fly") as failed:
        rights.check([Right("walk", ["true"]), refused, Right("swim", ["false"])])

    assert "Tried: sh -c echo not permitted >&2; exit 1\n  not permitted\n" in str(failed.value)
    assert "A container needs --privileged" in str(failed.value)


def test_a_program_that_writes_nothing() -> None:
    """Without output, the error has the exit status."""
    with pytest.raises(Failure) as failed:
        rights.check([Right("fail", ["sh", "-c", "exit 3"])])

    assert "Its exit status: 3" in str(failed.value)


def test_all_rights() -> None:
    """Each right is tried with a probe, or with existing settings of the kernel."""
    wanted = rights.rights(Path("/probe"), Path("/cgroup/probe"))

    assert [
        "mount a file system",
        "mount an overlay, as containers have it",
        "make network interfaces",
        "set iptables rules",
        "change settings of the kernel",
        "make control groups",
    ] == [right.name for right in wanted]
    assert ["mkdir", "/cgroup/probe"] == list(wanted[-1].command)


@pytest.mark.parametrize(("folders", "expected"), [([], "."), (["memory", "cpu"], "memory")])
def test_control_groups_of_both_versions(tmp_path: Path, folders: list[str], expected: str) -> None:
    """Version 1 has a hierarchy for each controller, version 2 one for all."""
    for name in folders:
        (tmp_path / name).mkdir()

    assert tmp_path / expected / "knative-probe.7" == rights.cgroup(tmp_path, 7)
