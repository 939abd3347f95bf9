"""What connections of all protocols have in common."""

from typing import Any

import pytest

from func_runtime.http import connection


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (None, None),
        (("192.0.2.1", 80), ("192.0.2.1", 80)),
        (("2001:db8::1", 80, 0, 0), ("2001:db8::1", 80)),
    ],
    ids=["none", "IPv4", "IPv6"],
)
def test_address(found: Any, expected: tuple[str, int] | None) -> None:
    """ASGI has host and port of an address, of either version of IP."""
    assert expected == connection.address(found)
