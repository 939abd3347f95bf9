"""The node itself: its error on a machine that cannot run it."""

import subprocess

import pytest

from image import prerequisites

RIGHTS = [str(prerequisites.ROOT / "tools" / "run.sh"), "tools.cluster.rights"]


@pytest.mark.parametrize(
    ("capability", "missing"),
    [("sys_admin", "mount a file system"), ("net_admin", "make network interfaces")],
)
def test_a_machine_without_rights(capability: str, missing: str) -> None:
    """If root lacks a right, as in most containers, the error names it."""
    names = ["unshare", "--mount", "--net"] if capability != "sys_admin" else []
    without = ["setpriv", f"--bounding-set=-{capability}", "--inh-caps=-all"]
    done = subprocess.run([*names, *without, *RIGHTS], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"This machine does not let root {missing}" in done.stderr
