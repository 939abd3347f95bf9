"""pylock.toml: selectable names, and missing packages."""

import pytest
from packaging.requirements import Requirement

from function_buildpack.manifests import pylock

LOCK = {
    "extras": ["My_Extra"],
    "dependency-groups": ["dev", "default"],
    "default-groups": ["default"],
    "packages": [
        {"name": "Idna", "version": "3.10"},
        {"name": "local"},
        {"name": "new", "version": "2.0rc1"},
    ],
}


def test_names() -> None:
    """Extras and groups of the lock can be selected, except default groups."""
    assert frozenset({"my-extra"}) == pylock.extras(LOCK)
    assert frozenset({"dev"}) == pylock.groups(LOCK)


@pytest.mark.parametrize(
    ("declared", "is_met"),
    [
        ("idna", True),
        ("IDNA>=3.10", True),
        ("idna>=3.11", False),
        ("six", False),
        ("six; sys_platform == 'win32'", True),
        ("local>=1", True),  # its version is not locked
        ("new>=1", True),
    ],
)
def test_unmet(declared: str, is_met: bool) -> None:
    """A requirement without a package is reported, unless it is for another platform."""
    found = pylock.unmet(LOCK, [Requirement(declared)], {"sys_platform": "linux"})

    assert ([] if is_met else [str(Requirement(declared))]) == found
