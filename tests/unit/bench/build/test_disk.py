"""Whether removals slow later builds, on the disk of a folder."""

from pathlib import Path

import pytest
from bench.build.disk import remembers

MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
28 27 254:1 / /var/lib rw,relatime shared:1 - ext4 /dev/vdb rw
29 27 0:25 / /tmp rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "journals", "slow"),
    [
        ("/work", [], True),
        ("/work", ["vda-8"], False),
        ("/var/lib/docker", ["vda-8"], True),
        ("/var/lib/docker", ["vdb-8"], False),
        ("/tmp/docker", [], False),
    ],
)
def test_remembers(folder: str, journals: list[str], slow: bool) -> None:
    """Only an ext4 without a journal does. Of two mounts above a folder, the nearer counts."""
    assert slow is remembers(Path(folder), MOUNTS, journals)


def test_elsewhere() -> None:
    """A folder on another machine does not count."""
    assert not remembers(Path("/var/lib/docker"), "", [])
