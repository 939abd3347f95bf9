"""The kernel's entries for other architectures (binfmt_misc)."""

from pathlib import Path

import pytest

from tools.machine.emulation import registered


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("enabled\ninterpreter /usr/bin/qemu\nflags: POCF\n", True),
        ("enabled\ninterpreter /usr/bin/qemu-F\nflags: OC\n", False),
        ("disabled\ninterpreter /usr/bin/qemu\nflags: F\n", False),
    ],
)
def test_it_counts_if_it_is_enabled_and_works_in_containers(
    tmp_path: Path, content: str, expected: bool
) -> None:
    """With flag F, the kernel opens the interpreter at the registration."""
    (tmp_path / "qemu-aarch64").write_text(content)

    assert expected == registered(tmp_path, "aarch64")


def test_nothing_is_registered(tmp_path: Path) -> None:
    """Without an entry, programs of the machine do not run."""
    assert not registered(tmp_path, "aarch64")
