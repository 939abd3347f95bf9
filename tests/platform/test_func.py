"""x."""

import platform

print(platform.node())


def test_x() -> None:
    """X."""
    assert platform.node()
